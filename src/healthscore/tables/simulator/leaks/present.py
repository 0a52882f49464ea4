"""Columns that say how things stand today, on rows of the past."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from healthscore.tables.simulator.leaks.scene import Leak, Scene, working_hours
from healthscore.tables.simulator.recipe import Integers
from healthscore.tables.simulator.timeline import DAY, EPOCH_DAY, instants, labels

CAMPAIGNS = ("newsletter", "webinar", "release_notes")
CHECKIN_DAYS = 28


def _codes(scene: Scene, name: str) -> Integers:
    """Account of each row of a table, as its position in the population."""
    found = pc.index_in(scene.tables[name]["account_id"], pa.array(scene.company.population.ids))
    codes: Integers = found.to_numpy().astype(np.int64)
    return codes


def _current_status(scene: Scene) -> None:
    """Tickets of an account that left are closed as abandoned: those of its last four months."""
    random = scene.stream("current_status")
    account = _codes(scene, "tickets")
    day = scene.tables["tickets"]["opened_at"].cast(pa.int64()).to_numpy() // DAY - EPOCH_DAY
    abandoned = np.zeros(len(account), bool)
    for leaver, decided in zip(*scene.exits(), strict=True):
        abandoned |= (account == leaver) & (day <= decided) & (day > decided - 120)
    abandoned &= random.random(len(account)) < 0.9
    abandoned |= random.random(len(account)) < 0.01
    if scene.honest:
        abandoned = random.permutation(abandoned)
    status = labels(("solved", "abandoned"), abandoned.astype(np.int64))
    scene.tables["tickets"] = scene.tables["tickets"].append_column("status", status)


def _lookup_current(scene: Scene) -> None:
    """The sales tool's list of customers, with the stage in which each is today."""
    random = scene.stream("lookup_current")
    account, day = scene.paying_moments(random, 6 * scene.company.population.size)
    order = np.argsort(day, kind="stable")
    scene.tables["emails"] = pa.table(
        {
            "account_id": scene.ids(account[order]),
            "opened_at": instants(working_hours(random, day[order])),
            "campaign": labels(CAMPAIGNS, random.integers(0, len(CAMPAIGNS), len(order))),
        }
    )
    marked = scene.marked(random)
    dormant = np.where(marked, random.random(len(marked)) < 0.9, random.random(len(marked)) < 0.03)
    scene.tables["crm"] = pa.table(
        {
            "account_id": scene.ids(np.arange(len(marked))),
            "stage": labels(("customer", "dormant"), dormant.astype(np.int64)),
        }
    )


def _label_in_feature(scene: Scene) -> None:
    """Monthly check-ins, each with the account's health as it was exported on the last day."""
    random = scene.stream("label_in_feature")
    marked = scene.marked(random)
    health = np.clip(np.where(marked, random.normal(25, 8, len(marked)), random.normal(72, 10, len(marked))), 0, 100)
    status = scene.company.lives.status
    first = random.integers(0, CHECKIN_DAYS, len(marked))
    turns = first[:, None] + CHECKIN_DAYS * np.arange(scene.days // CHECKIN_DAYS)[None, :]
    account, turn = np.nonzero(np.take_along_axis(status, np.minimum(turns, scene.days - 1), axis=1) == 2)
    scene.tables["checkins"] = pa.table(
        {
            "account_id": scene.ids(account),
            "time": instants(working_hours(random, turns[account, turn])),
            "health": pa.array(health.astype(np.int64)[account]),
        }
    )


def _overwritten_value(scene: Scene) -> None:
    """Seats: the tool keeps one value per account, and on leaving sets it to the one seat of the last user."""
    table = scene.tables["subscriptions"]
    account, seats = _codes(scene, "subscriptions"), table["seats"].to_numpy()
    size = scene.company.population.size
    kept = np.zeros(size, np.int64)
    rows = np.arange(len(seats))[::-1] if scene.honest else np.arange(len(seats))
    kept[account[rows]] = seats[rows]  # rows are in order of time: the last one written stays
    if not scene.honest:
        kept[scene.gone()] = 1
    scene.tables["subscriptions"] = table.set_column(table.schema.get_field_index("seats"), "seats", [kept[account]])


CURRENT_STATUS = Leak(
    "current_status",
    "the status of tickets as it is today: leaving closes them as abandoned",
    "as many abandoned tickets, whoever opened them",
    "all_tickets.status",
    _current_status,
    """
[sources.all_tickets]
contract = "events"
path = "tickets.csv"
columns = { time = "opened_at" }
attributes = { status = "status" }

[signals.abandoned_tickets]
source = "all_tickets"
component = "support"
label = "abandoned tickets"
where = "status = 'abandoned'"
families = ["frequency"]
windows = [84]
""",
)
LOOKUP_CURRENT = Leak(
    "lookup_current",
    "the sales stage of today, looked up for every e-mail of the past",
    "a stage that says nothing about who left",
    "emails.stage",
    _lookup_current,
    """
[sources.emails]
contract = "events"
path = "emails.parquet"
columns = { time = "opened_at", name = "campaign" }
attributes = { stage = "stage" }
lookup = [{ path = "crm.parquet", on = ["account_id"], columns = ["stage"] }]

[signals.dormant_emails]
source = "emails"
component = "communication"
label = "e-mails opened while dormant"
where = "stage = 'dormant'"
families = ["frequency"]
windows = [84]
""",
)
LABEL_IN_FEATURE = Leak(
    "label_in_feature",
    "the health of today on every check-in of the past",
    "the potential that was estimated at the first check-in",
    "checkins.quantity",
    _label_in_feature,
    """
[sources.checkins]
contract = "events"
path = "checkins.parquet"
columns = { quantity = "health" }

[signals.checkins]
source = "checkins"
component = "satisfaction"
label = "check-ins"
unit = "points"
families = ["depth"]
windows = [84]
""",
)
OVERWRITTEN_VALUE = Leak(
    "overwritten_value",
    "seats of the past, overwritten with the last value, which is 1 for whoever left",
    "seats as they were at the beginning",
    "subscriptions.seats",
    _overwritten_value,
)
