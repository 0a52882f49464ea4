"""A B2B software company: product use, tickets, surveys, invoices and conversations."""

from __future__ import annotations

from typing import Any

from healthscore.tables.simulator import contacts, contracts, service, usage
from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.population import accounts_table

CSV = ("surveys", "tickets")
FACTS = {"straggler_days": usage.STRAGGLER_DAYS, "key_features": list(usage.KEY_FEATURES)}


def tables(company: Company) -> dict[str, Any]:
    """Write down what the company's systems hold."""
    seats = contracts.simulate_seats(company)
    users = usage.simulate_users(company, seats)
    events = usage.simulate_events(company, users)
    return {
        "accounts": accounts_table(company.population),
        "users": usage.users_table(company, users),
        "events": usage.events_table(company, users, events),
        "subscriptions": contracts.subscriptions_table(company, seats),
        "tickets": service.tickets_table(company),
        "surveys": service.surveys_table(company, users),
        "invoices": contracts.invoices_table(company, seats),
        "touchpoints": contacts.touchpoints_table(company),
        "interventions": contacts.interventions_table(company),
    }
