"""The files that the examples of the documentation name, each as short as it can be."""

from __future__ import annotations

DOCUMENTED: dict[str, tuple[str, ...]] = {
    "accounts.csv": (
        "account_id,since,until,region,employees",
        "a,2023-01-01,2024-03-01,EU,20",
        "a,2024-03-01,,EU,25",
        "b,2023-06-01,,US,400",
    ),
    "people.csv": (
        "account_id,email,phone,region",
        "a,ana@example.com,+49 30 1,EU",
        "b,ben@example.com,+1 212 2,US",
    ),
    "interventions.csv": (
        "account_id,date,kind,arm",
        "a,2024-03-04,outreach_call,treated",
        "b,2024-03-11,outreach_call,held_out",
    ),
    "overrides.csv": (
        "account_id,health,band,author,reason,made_on,expires_on",
        "a,80,,Ana,they renewed by phone,2024-05-03,2024-06-30",
    ),
    "groups.csv": ("account_id,parent_id", "a,", "b,a", "c,"),
    "mergers.csv": ("old_id,new_id,merged_on,recorded_at", "c,a,2024-03-01,2024-03-04"),
    "signups.csv": ("account_id,plan,signed_up", "a,basic,2024-05-01", "b,basic,2024-04-01"),
    "steps.csv": ("plan,step,days", "basic,import,14", "basic,invite,28"),
    "steps_done.csv": ("account_id,step,done_on", "a,import,2024-05-09"),
    "logins.csv": (
        "account_id,user_id,at,loaded_at",
        "a,u1,2024-05-02T09:00:00Z,2024-05-02T10:00:00Z",
        "b,u2,2024-05-20T09:00:00Z,2024-05-22T10:00:00Z",
    ),
    "clicks.csv": ("user_id,at", "u1,2024-05-02T09:00:00Z", "u2,2024-05-20T09:00:00Z"),
    "users.csv": ("user_id,account_id", "u1,a", "u1,b", "u2,b"),
    "usage.csv": (
        "account_id,user_id,time,feature",
        "a,u1,2024-01-02T09:00:00Z,automation",
        "a,u1,2024-05-02T09:00:00Z,report",
        "b,u2,2024-05-20T09:00:00Z,integration",
    ),
    "nps.csv": ("account_id,asked_at,answered_at,score", "a,2024-03-01,2024-03-04,9", "b,2024-05-01,,"),
    "answers.csv": ("account_id,answered_at,question,points", "a,2024-03-01,csat,4", "b,2024-05-01,ces,6"),
    "surveys.csv": ("account_id,answered_at,comment", "a,2024-03-01,Not good at all.", "b,2024-05-01,"),
    "tickets.csv": (
        "ticket_id,account_id,opened_at,closed_at,severity,topic",
        "1,a,2024-03-01T09:00:00Z,2024-03-05T09:00:00Z,high,import",
        "2,b,2024-05-20T09:00:00Z,,low,login",
    ),
    "ticket_history.csv": ("account_id,changed_at,status", "a,2024-03-02,escalated", "a,2024-03-09,reopened"),
    "invoices.csv": ("account_id,issued,paid,due,amount", "a,2024-03-01,2024-03-20,2024-03-15,99.50"),
    "meetings.csv": (
        "account_id,contact_id,held_at,logged_at,kind,attended,role",
        "a,p1,2024-05-02T09:00:00Z,2024-05-03T09:00:00Z,qbr,true,decision maker",
        "b,p2,2024-05-09T09:00:00Z,2024-05-09T12:00:00Z,call,false,user",
    ),
    "ratings.csv": (
        "account_id,rated_at,points,saved_at",
        "a,2024-03-01,4,2024-03-01T09:00:00Z",
        "a,2024-03-01,2,2024-04-01T09:00:00Z",
    ),
    "subscriptions.csv": (
        "account_id,start,end,notice,exit_type,status,seats,mrr,renewal",
        "a,2023-01-01,2024-01-01,,,active,5,100,2024-01-01",
        "a,2024-01-01,,,,active,8,160,2025-01-01",
        "b,2023-06-01,2024-06-01,2024-04-20,voluntary,active,2,40,2024-06-01",
    ),
    "orders.csv": (
        "order_id,customer_id,ordered_at,category,amount",
        "1,a,2024-02-01,shoes,80.00",
        "2,a,2024-05-02,hats,25.00",
        "3,a,2024-05-09,hats,-25.00",
        "4,b,2024-05-20,shoes,60.00",
    ),
    "complaints.csv": ("account_id,made_at,topic", "a,2024-03-01,delivery"),
    "panel.csv": (
        "account_id,as_of,logins_28d,active_days_28d,open_tickets,churned",
        "a,2024-02-01,12,6,0,0",
        "b,2024-02-01,1,1,2,1",
        "a,2024-03-01,15,7,1,0",
    ),
}
