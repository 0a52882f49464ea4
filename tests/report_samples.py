"""Results as the pipelines give them, small enough to read: what the reports are tested on."""

from __future__ import annotations

from typing import Any

DATES = ("2024-09-01", "2024-10-01", "2024-11-01")
PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</SCRIPT\t><script>alert(1)//",
    "<!--<script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</noscript><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'>",
    "<IMG SRC=javascript:alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext></mtext><script>alert(1)</script></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    '<a href="https://evil.example/">x</a>',
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example/><input type=submit></form>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u2028</script><script>alert(1)</script>\u2029",
    "＜script＞alert(1)＜/script＞<scr\0ipt>alert(1)</scr\0ipt>",
)
"""What people have typed into fields to see whether a page runs it."""
FIXED_WORDS = ("verdict", "decision", "why", "leads")
"""Keys whose values the programme chooses from a short list."""
KEYS_OF_USERS = (
    "sources", "dropped", "quarantined", "models", "roc", "differences", "columns", "components", "own",
)  # fmt: skip
"""Mappings whose keys are names that a user gave."""
AUCS = {"blend": 0.84, "logistic": 0.83, "recency": 0.74, "base_rate": 0.5}


def figure(value: float, around: float) -> dict[str, float]:
    return {"estimate": value, "low": value - around, "high": value + around}


def rate(n: int, events: int, around: float) -> dict[str, Any]:
    return {"n": n, "events": events, "accounts": n, "rate": figure(events / n, around)}


def lead_time() -> dict[str, Any]:
    return {
        "exits": 184,
        "unscored_exits": 3,
        "median_days": figure(41, 10),
        "recall": {"30": rate(160, 96, 0.07), "60": rate(130, 51, 0.08), "90": rate(100, 22, 0.08)},
        "accounts": 794,
        "alarms": 210,
        "alarms_per_100_accounts": 26.4,
        "red_share": 0.128,
        "false_alarms": rate(190, 106, 0.07),
        "undecided_alarms": 20,
    }


def bands() -> list[dict[str, Any]]:
    return [
        {"name": "at risk", "colour": "red", "low": 0, "high": 40, "probability": 0.168, **rate(500, 86, 0.03)},
        {
            "name": "needs attention",
            "colour": "yellow",
            "low": 40,
            "high": 70,
            "probability": 0.04,
            **rate(2200, 75, 0.01),
        },
        {"name": "healthy", "colour": "green", "low": 70, "high": 100, "probability": 0.009, **rate(1900, 23, 0.005)},
    ]


def metrics(auc: float) -> dict[str, Any]:
    return {
        "auc": figure(auc, 0.02),
        "log_loss": figure(0.3 - auc / 8, 0.01),
        "lift_10": figure(5 * auc, 0.4),
        "capture_10": figure(auc / 2, 0.04),
        "ece": {"estimate": 0.004, "low": None, "high": None},
    }


def candidates() -> list[dict[str, Any]]:
    gains = {"logistic": ("Logistic", 0.01), "additive": ("Trees", -0.02), "unconstrained": ("Free trees", -0.001)}
    return [
        {"name": name, "title": title, "gain": figure(gain, 0.004), "standard_error": 0.002, "better": gain > 0.002}
        for name, (title, gain) in gains.items()
    ]


def diagnostics() -> dict[str, Any]:
    """The price, other calibrations and rates: the second date has moved, the third more than threefold."""
    about = {"n": 1500, "events": 60}
    honest = {"expected": 55.2, "observed_expected": figure(1.09, 0.2), "calibration_slope": figure(0.97, 0.2)}
    moved = [
        {
            "rate": rate,
            "training": 0.035,
            "difference": figure(rate - 0.035, 0.01),
            "shifted": shifted,
            "jumped": jumped,
        }
        for rate, shifted, jumped in ((0.04, False, False), (0.06, True, False), (0.12, True, True))
    ]
    others = {"beta": figure(0.002, 0.001), "isotonic": figure(-0.004, 0.001), "venn_abers": figure(0.0001, 0.002)}
    return {
        "growth": None,
        "price_of_additivity": {"sentence": "Price of additivity: log-loss 0.001 (0.000-0.002): none shown."},
        "calibration": {
            "sentence": "Other calibrations: none is shown better.",
            "n": 4000,
            "others": others,
            "origins": [{"as_of": day, **about, **honest} for day in DATES],
        },
        "prevalence": {"origins": [{"as_of": day, **about, **one} for day, one in zip(DATES, moved, strict=True)]},
    }


def curve(auc: float) -> list[list[float]]:
    return [[share / 20, (share / 20) ** ((1 - auc) / auc)] for share in range(21)]


def worst(number: int) -> dict[str, Any]:
    return {
        "account_id": f"A-{number}",
        "name": "Northwind Traders",
        "segment": "Mid-market",
        "owner": "Dana Ruiz",
        "as_of": "2024-11-01",
        "health": 7.1 + number,
        "band": "at risk",
        "probability": 0.64,
        "drivers": [
            {"component": "activity", "points": -21.4, "sentence": "3 active days in the last 28, against 17 before"},
            {"component": "relationship", "points": 3.1, "sentence": "a sponsor call 12 days ago"},
        ],
        "outcome": "left",
    }


def backtest_result() -> dict[str, Any]:
    return {
        "run": "saas",
        "title": "Acme Cloud",
        "identity": "3f9a1c77b210",
        "outcome": {
            "kind": "churn",
            "gap_days": 7,
            "horizon_days": 60,
            "maturity_days": 14,
            "sentence": "The account leaves between day 7 and day 67 after the score",
        },
        "data": {
            "data_end": "2025-05-01",
            "accounts": 2000,
            "sources": {
                "events": {
                    "rows_in": 4337,
                    "used": 4120,
                    "quarantined": {"orphan": 204},
                    "dropped": {"blank_account": 13},
                    "accounts": 1988,
                    "first_day": "2023-11-01",
                    "last_day": "2025-04-30",
                }
            },
        },
        "snapshots": [{"as_of": day, "at_risk": 1500, "exited": 60, "stayed": 1440, "exit_in_gap": 6} for day in DATES],
        "chosen": "blend",
        "choice": {
            "why": "no candidate had a lower log-loss",
            "title": "Blend",
            "rows": 2400,
            "candidates": candidates(),
        },
        "headline": {
            "sentences": ["Of 184 accounts that left, the worst-scored 10 % held 77 (70-84).", "It predicts better."],
            "better": True,
            "against": "recency",
        },
        "churners": {"churners": 184, "share": 0.1, "models": {name: {"held": figure(77, 7)} for name in AUCS}},
        "pooled": {
            "n": 4600,
            "events": 184,
            "accounts": 1794,
            "models": {name: metrics(auc) for name, auc in AUCS.items()},
        },
        "differences": {
            name: {"log_loss": figure(-0.02, 0.002), "auc": figure(0.1, 0.01)} for name in ("logistic", "recency")
        },
        "origins": [
            {
                "as_of": day,
                "n": 1500,
                "events": 60,
                "train": {"first": "2024-01-01", "last": "2024-06-01", "n": 9000, "events": 400},
                "models": {name: {"auc": auc, "capture_10": None} for name, auc in AUCS.items()},
            }
            for day in DATES
        ],
        "bands": bands(),
        "curves": {
            "roc": {name: curve(auc) for name, auc in AUCS.items()},
            "capture": {name: curve(auc) for name, auc in AUCS.items()},
            "calibration": [{"predicted": p, "observed": figure(p, p / 4), "n": 460} for p in (0.01, 0.04, 0.2)],
        },
        "components": [
            {"name": "activity", "share": 0.6, "mean_points": 9.1},
            {"name": "support", "share": 0.4, "mean_points": 4.0},
        ],
        **diagnostics(),
        "lead_time": lead_time(),
        "segments": [
            {"segment": "Enterprise", "n": 1100, "events": 20, "rate": figure(0.018, 0.008), "auc": figure(0.79, 0.05)}
        ],
        "stability": {"psi": 0.04, "band_flips": figure(0.184, 0.012)},
        "worst": [worst(number) for number in range(3)],
        "warnings": ["The first origin learned from 142 accounts that left."],
    }


def validation_result() -> dict[str, Any]:
    base = backtest_result()
    return {
        "run": "validate",
        "title": "crm export",
        "identity": "93e92e4cb659",
        "outcome": {**base["outcome"], "kind": "exit"},
        "data": base["data"],
        "snapshots": base["snapshots"],
        "headline": {"verdict": "separates", "title": "It tells.", "sentences": ["One.", "Two.", "Three."]},
        "churners": {"churners": 184, "share": 0.1, "models": {"score": {"held": figure(77, 7)}}},
        "pooled": {
            "n": 4600,
            "events": 184,
            "exits": 90,
            "accounts": 794,
            "rate": figure(0.04, 0.01),
            "models": {
                "score": {**metrics(0.75), "capture_capacity": figure(0.2, 0.02), "lift_capacity": figure(2, 0.2)}
            },
        },
        "capacity": {
            "accounts": 40,
            "book": 556.0,
            "share": 0.07,
            "capture": figure(0.2, 0.02),
            "lift": figure(2, 0.2),
        },
        "curves": {
            "roc": {"score": curve(0.75)},
            "capture": {"score": [[x, y, max(0.0, y - 0.05), min(1.0, y + 0.05)] for x, y in curve(0.75)]},
        },
        "bands": [{**band, "probability": None, "share": 0.3, "relative": figure(1.5, 0.2)} for band in bands()],
        "deciles": [
            {"decile": place, "low": 10.0 * place, "high": 10.0 * place + 9.9, "captured": (place + 1) / 10}
            | rate(460, 40 - 3 * place, 0.02)
            for place in range(10)
        ],
        "monotone": {"bands": True, "out_of_order": [], "decile_rises": 0},
        "lead_time": lead_time(),
        "segments": [
            {"segment": "Small", "n": 900, "events": 40, "exits": 20, "accounts": 200, "separates": answer}
            | {"rate": figure(0.04, 0.01), "auc": figure(0.7, 0.05)}
            for answer in (True, False, None)
        ],
        "origins": [
            {"as_of": day, "n": 300, "events": 12, "models": {"score": {"auc": 0.75, "capture_10": 0.3}}}
            for day in DATES
        ],
        "warnings": ["Small book."],
    }


def poisoned(value: Any, payload: str, key: str = "") -> Any:
    """The value with every text, and every name that a user gave, replaced by the payload."""
    if isinstance(value, dict):
        names = {name: f"{payload}{place}" for place, name in enumerate(value)} if key in KEYS_OF_USERS else {}
        return {names.get(name, name): poisoned(item, payload, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, payload, "" if isinstance(item, dict) else key) for item in value]
    return payload if isinstance(value, str) and key not in FIXED_WORDS else value
