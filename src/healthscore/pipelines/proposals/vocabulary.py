"""Words by which companies name their tables and columns. Names propose, values decide: see `keys` and `mapping`.

A name is cut into lower-case words (`customerId`, `Customer ID` and `customer_id` are all `customer`, `id`).
"""

from __future__ import annotations

import re


def _listed(text: str) -> tuple[str, ...]:
    """Words and phrases between commas, in order."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def _set(text: str) -> frozenset[str]:
    """Words and phrases between commas."""
    return frozenset(_listed(text))


ID_WORDS = _set("id, ids, no, nr, num, number, key, code, ref, reference, uuid, guid, sk, pk")
TIME_WORDS = _set("time, timestamp, datetime, date, day, dt, ts, at, on, when, utc")

ACCOUNT_NOUNS = _listed(
    """
    account, customer, client, company, organisation, organization, org, tenant, workspace, subscriber,
    buyer, member, household, merchant, shop, store, guest, donor, patient, student, learner, player,
    card, cust, acct, kunde, kunden, debitor, mandant, konto, firma, cliente, klant, person, user, contact
    """
)
"""Who is scored, the most likely word first."""
QUALIFIERS = _set("associated, related, linked, primary, main, crm, billing, our, internal, external, global, unique")
"""Words beside the noun in the name of an account's id: `Associated Company ID`."""
ACCOUNT_TABLES = _set(
    """
    account, customer, client, company, organisation, organization, org, tenant, workspace, subscriber,
    member, household, merchant, shop, student, donor, patient, crm
    """
)
PEOPLE_TABLES = _set("user, contact, person, people, employee, seat, login, profile")
SUBSCRIPTION_TABLES = _set(
    """
    subscription, contract, membership, licence, license, registration, agreement, policy, tenancy,
    enrolment, enrollment, product, holding
    """
)
INTERVENTION_TABLES = _set("intervention, campaign, treatment, play, outreach")

COMPONENTS: dict[str, frozenset[str]] = {
    "support": _set("ticket, support, case, issue, incident, complaint, helpdesk, request, bug, claim"),
    "satisfaction": _set("survey, nps, csat, ces, feedback, rating, review, response, satisfaction"),
    "relationship": _set(
        """
        touchpoint, meeting, call, email, mail, interaction, contact, conversation, engagement, visit, qbr, touch
        """
    ),
    "finance": _set("invoice, payment, billing, charge, dunning, refund, premium, balance"),
    "purchases": _set("order, purchase, transaction, sale, sales, basket, receipt, cart, checkout, orderline"),
    "progress": _set("assessment, submission, exam, grade, milestone, onboarding, lesson"),
    "activity": _set(
        """
        event, usage, activity, log, session, click, pageview, login, vle, stream, telemetry, action, feature, track
        """
    ),
}
"""Component -> words in the name of a table that feeds it; the first that fits wins."""

START_CORES = _set(
    """
    start, started, starts, begin, began, begins, from, valid from, activated, activation, signup, sign
    up, signed up, subscribed, registration, registered, joined, join, effective, effective from,
    commencement, enrolment, enrollment, enrolled
    """
)
END_CORES = _set(
    """
    end, ended, ends, expiry, expires, expired, expiration, valid to, valid until, to, until, churn,
    churned, terminated, termination, unregistration, unregistered, left, closed, close, effective to,
    effective end, cancelled, canceled, cancellation, cancel
    """
)
NOTICE_CORES = _set(
    """
    notice, notice given, cancellation notice, cancellation requested, cancel requested, cancelled,
    canceled, cancellation, cancel, termination notice, closing ordered, closure requested
    """
)
_SUBSCRIPTION_NOISE = SUBSCRIPTION_TABLES | TIME_WORDS | {"plan", "service", "term", "period", "current", "effectively"}
VALUE_CORES = _listed(
    """
    mrr, monthly recurring revenue, recurring revenue, monthly revenue, monthly charges, monthly charge,
    monthly fee, monthly price, monthly amount, price per month, revenue, price, fee, amount
    """
)  # fmt: skip
YEARLY_CORES = _listed("arr, annual recurring revenue, annual revenue, yearly revenue, acv, annual value, annual price")
SEAT_CORES = _listed("seats, seat, licences, licenses, seat count, seats purchased, quantity")
EXIT_TYPE_CORES = _listed("exit type, churn type, cancellation type, cancel type, termination type")

TIME_NAMES = _listed(
    """
    time, timestamp, event time, occurred, event, datetime, happened, date, day, ts, answered,
    responded, submitted, completed, opened, created, ordered, order, purchased, purchase, invoice,
    issued, transaction, paid, sent, start, started, visit, login, asked, added, datum, zeitpunkt,
    bestelldatum, fecha
    """
)
"""What is left of a time column's name without its id and time words, the best first."""
KNOWN_CORES = _set(
    """
    ingested, loaded, recorded, logged, received, inserted, synced, ingestion, load, known, stored,
    imported, etl, fivetran, synced, created, noted, booked, entered, reported, saved
    """
)
LATER_CORES = _set(
    """
    closed, resolved, paid, rated, escalated, reopened, solved, due, updated, modified, finished,
    deadline, deleted
    """
)
ANSWER_CORES = _set("answered, responded, submitted, completed, response, answer")
OPENED_CORES = _listed(
    """
    opened, asked, issued, billed, invoiced, invoice, raised, reported, requested, assigned, started, start, begin,
    begun, created, creation, sent, received, submitted
    """
)
"""When what lasts began, the likeliest word first; an event's own time is none of them."""
CLOSED_CORES = _listed(
    """
    closed, resolved, solved, answered, responded, paid, settled, delivered, done, completed, completion, finished,
    fixed, ended, end, payment
    """
)
DEADLINE_CORES = _listed("due, deadline, promised, target, expected, payable, due by, expected by")
KIND_CORES = _listed("severity, priority, urgency, kind, type, step, stage, milestone, line, category, topic")
OPINIONS = COMPONENTS["satisfaction"] | _set("csat, stars, ces")
SCORE_WORDS = _set("nps, csat, ces, rating, score, stars, balance, satisfaction, recommend, promoter")
"""Words of numbers that are measured, rather than that happen."""
SCORED_CORES = _listed("answered, responded, rated, scored, surveyed, completed, written, measured, submitted")
RENEWAL_CORES = _set("renewal, renews, renew, up for renewal, renewal due")

NAME_CORES = _listed(
    """
    event name, event type, event, feature, action, kind, activity type, activity, name, type, severity,
    priority, category, product, sku, stock, item, article, channel, topic, page, method, site
    """
)
MONEY_CORES = _set("amount, total, revenue, sales, price, value, spend, spent, paid, cost, turnover, gross, net")
QUANTITY_CORES = _listed(
    """
    amount, total, revenue, sales, value, spend, gross, net, nps, score, rating, csat, ces, stars,
    betrag, umsatz, quantity, qty, menge, count, clicks, click, duration, seconds, minutes, hours, units, size, price
    """
)
UNIT_PRICE_CORES = _set("unit price, price per unit, price each, item price, price")
UNITS_CORES = _set("quantity, qty, units, pieces")
ACTOR_NOUNS = _listed("user, actor, member, contact, employee, person, visitor, device")
BASKET_NOUNS = _listed("invoice, order, basket, receipt, transaction, cart")
SEGMENT_CORES = _listed("segment, tier, size, industry, sector, region, country, market, vertical")
OWNER_CORES = _listed("owner, csm, account manager, manager, sales rep, rep")
CURRENT_WORDS = _set(
    """
    status, state, health, score, plan, tier, balance, current, latest, last, stage, active, churned,
    churn, lifecycle, risk, grade, open, resolved
    """
)
"""Words of columns that hold how things stand today, without a history."""
OUTCOME_WORDS = _set(
    "churn, churned, final, outcome, result, cancelled, canceled, lost, attrition, exited, label, target"
)
URGENT = _set("high, critical, urgent, severe, blocker, p0, p1, major, emergency")
EXITING = ("exit", "cancel", "churn", "offboarding")


def words(name: str) -> tuple[str, ...]:
    """A name's lower-case words: `InvoiceDate_UTC` -> invoice, date, utc."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return tuple(word for word in re.split(r"[^A-Za-z0-9\u0080-\uffff]+", spaced.lower()) if word)


def core(name: str, noise: frozenset[str] = ID_WORDS | TIME_WORDS) -> str:
    """A name without the words in `noise`; the whole name where nothing else is left."""
    every = words(name)
    kept = [word for word in every if word not in noise]
    return " ".join(kept or every)


def subscription_core(name: str) -> str:
    """A subscription column's name without what every such column says: `contract_start_date` -> start."""
    every = words(name)
    kept = [word for word in every if word not in _SUBSCRIPTION_NOISE]
    return " ".join(kept) if kept else core(name, TIME_WORDS)


def singular(word: str) -> str:
    """A table's word in the singular, well enough for English."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def table_words(name: str) -> set[str]:
    """Words of a table's name in the singular, and as they are."""
    return {form for word in words(name) for form in (word, singular(word))}


def account_rank(name: str) -> int:
    """How much a column's name says "id of the one who is scored": 0 for not at all."""
    every = set(words(name))
    nouns = [word for word in words(name) if word not in ID_WORDS | (QUALIFIERS if every & ID_WORDS else set())]
    if len(nouns) != 1 or nouns[0] not in ACCOUNT_NOUNS:
        return 0
    return len(ACCOUNT_NOUNS) - ACCOUNT_NOUNS.index(nouns[0]) + (2 if every & ID_WORDS else 0)


def looks_like_id(name: str) -> bool:
    """Whether a name says that the column identifies something."""
    return bool(set(words(name)) & ID_WORDS) or account_rank(name) > 0


def looks_like_time(name: str) -> bool:
    """Whether a name says that the column is a time."""
    every = words(name)
    return (
        bool(set(every) & TIME_WORDS)
        or bool({*every} & (LATER_CORES | KNOWN_CORES | ANSWER_CORES))
        or (subscription_core(name) in START_CORES | END_CORES)
    )


def component_of(table: str, columns: tuple[str, ...]) -> str:
    """Component that a table of events feeds, by its name, then by its columns; activity where nothing says more."""
    named = table_words(table)
    for component, hints in COMPONENTS.items():
        if named & hints:
            return component
    for component in ("satisfaction", "support", "purchases"):
        hits = {word for column in columns for word in words(column)} & COMPONENTS[component]
        if hits - {"response", "request", "rating"}:
            return component
    return "activity"
