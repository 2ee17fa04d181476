"""What a model that was talked into it may answer: knowledge no engine should return."""

from __future__ import annotations

from corpus.texts import ATTACKS

from consumer.model.knowledge import Assertion, Knowledge, Mention

LONG = "n" * 10_000


def answers() -> dict[str, Knowledge]:
    """Return the hostile answers by name."""
    found = {f"attack: {name}": _everywhere(text) for name, text in ATTACKS.items()}
    return found | {
        "long names": _everywhere(LONG),
        "NUL": _everywhere("a\x00b"),
        "only NUL": _everywhere("\x00"),
        "lone surrogate": _everywhere("a\ud800b"),
        "blank names": Knowledge(
            (Mention(" "), Mention("\u200b"), Mention("")),
            (Assertion("", "R", "x", "s"), Assertion("\u202e", "R", "y", "s"), Assertion("a", "R", "\t", "s")),
        ),
        "about itself": Knowledge((Mention("Ada"),), (Assertion("Ada", "KNOWS", " ada ", "s"),)),
        "no relation": Knowledge((), (Assertion("a", "", "b", ""), Assertion("a", "`", "c", "\x00"))),
        "too many facts": Knowledge((), tuple(Assertion(f"s{n}", "R", f"o{n}", "s") for n in range(500))),
        "too many names": Knowledge(tuple(Mention(f"name {n}") for n in range(500))),
        "too many attributes": Knowledge((Mention("a", "T", "s", {f"k{n}": n for n in range(500)}),)),
        "unstorable attributes": Knowledge(
            (
                Mention(
                    "unstorable",
                    "T",
                    "s",
                    {
                        "map": {"a": 1},
                        "mixed": [1, "a", None],
                        "null": None,
                        "bytes": b"x",
                        "nan": float("nan"),
                        "infinite": float("inf"),
                        "huge": 10**400,
                        "minus": -(2**63) - 1,
                        "a\x00b": "v",
                        "": 1,
                        "fine": "yes",
                        "long": "v" * 10_000,
                    },
                ),
            )
        ),
        "reserved types": Knowledge(
            tuple(
                Mention(f"typed {label}", label)
                for label in ("Episodic", "ConsumerGroup", "Saga", "Community", "Entity", "Person\n", "a`b", "", "1")
            )
        ),
        "sentences without end": Knowledge((), (Assertion("a", "R", "b", "s" * 50_000),)),
    }


def _everywhere(text: str) -> Knowledge:
    return Knowledge(
        (Mention(text, text, text, {text: text}),),
        (Assertion(text, text, "other", text), Assertion("other", "R", f"{text} two", text)),
    )
