"""Columns that exports of scores, exits and weights have, and the words under which they carry them."""

from __future__ import annotations

from healthscore.pipelines.validation.spreadsheets import Meaning

ACCOUNT_WORDS = (
    ("account_id", "accountid"),
    ("account", "customer_id", "customerid", "client_id", "company_id", "organization_id", "organisation_id", "org_id"),
    (
        "customer",
        "client",
        "company",
        "organization",
        "organisation",
        "tenant_id",
        "tenant",
        "user_id",
        "account_number",
    ),
    ("id", "key"),
)
SCORE_COLUMNS = (
    Meaning("account_id", ACCOUNT_WORDS, "--account-column"),
    Meaning(
        "date",
        (
            ("date", "as_of", "asof", "as_of_date", "snapshot_date", "score_date", "scored_on", "scored_at"),
            ("day", "week", "month", "snapshot", "timestamp", "period", "calculated_at", "recorded_at"),
        ),
        "--date-column",
    ),
    Meaning(
        "score",
        (
            ("score", "health", "health_score", "healthscore"),
            ("customer_health_score", "customer_health", "health_index"),
        ),
        "--score-column",
    ),
    Meaning(
        "segment", (("segment", "customer_segment", "account_segment"), ("tier",)), "--segment-column", required=False
    ),
    Meaning(
        "value",
        (("value", "mrr", "arr"), ("monthly_recurring_revenue", "annual_recurring_revenue", "revenue", "acv")),
        "--value-column",
        required=False,
    ),
)
EXIT_COLUMNS = (
    Meaning("account_id", ACCOUNT_WORDS, "--exit-account-column"),
    Meaning(
        "date",
        (
            ("exit_date", "churn_date", "churned_at", "churned_on", "exited_on", "exited_at", "left_on"),
            (
                "decided",
                "decided_on",
                "notice_date",
                "cancelled_at",
                "canceled_at",
                "cancellation_date",
                "cancel_date",
                "cancelled_on",
                "canceled_on",
            ),
            ("cancelled", "canceled", "churned", "churn", "exit", "exited"),
            ("date", "end_date", "end", "day", "month", "as_of"),
        ),
        "--exit-date-column",
    ),
    Meaning("type", (("type", "exit_type", "churn_type"), ("kind", "exit_kind")), "--exit-type-column", required=False),
)
WEIGHT_COLUMNS = (
    Meaning("component", (("component",), ("name", "signal", "metric", "category", "dimension", "kpi"))),
    Meaning("weight", (("weight", "weights"), ("weight_percent", "weight_pct", "weighting", "percent", "percentage"))),
    Meaning("scale", (("scale",), ("max", "maximum", "top")), required=False),
    Meaning("label", (("label", "title"),), required=False),
)
