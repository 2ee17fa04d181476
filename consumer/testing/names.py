"""The names of the test language: several scripts, and near-names that must stay apart.

No name contains a full stop, a colon or the words of a sentence form, and no name is of two types.
"""

from __future__ import annotations

NEAR_PERSONS = (
    ("Ada Quill", "Ida Quill"),
    ("王小明", "王晓明"),
    ("Pilot 7", "Pilot 17"),
    ("Мария Иванова", "Марина Иванова"),
    ("佐藤 花子", "佐藤 華子"),
)
"""Pairs of persons whose names differ by little."""

NEAR_ORGANIZATIONS = (
    ("Brightforge", "Brightford"),
    ("Depot 3", "Depot 13"),
    ("东方银行", "南方银行"),
    ("Завод Заря", "Завод Зоря"),
)
"""Pairs of organisations whose names differ by little."""

PERSONS = (
    *(name for pair in NEAR_PERSONS for name in pair),
    "Tomasz Lindqvist",
    "Ngozi Okafor",
    "José Marín",
    "Ελένη Παππά",
    "김민수",
    "ليلى حداد",
    "अनिल शर्मा",
    "Zoë O’Hara",
    "Sina van den Berg",
    "Ömer Çelik",
)
ORGANIZATIONS = (
    *(name for pair in NEAR_ORGANIZATIONS for name in pair),
    "Northgate Council",
    "Harbor Union",
    "Zephyr & Sons",
    "株式会社ミライ",
    "Société Générale d’Essais",
    "Clinic 42",
)
FORMER_ORGANIZATIONS = ("Old Mill Works", "Grimsby Mutual", "旧市电厂", "Фабрика Свет")
"""Named only as past employers, so that an end without a start has no start anywhere."""
PLACES = (
    "Oslo",
    "北京",
    "南京",
    "Санкт-Петербург",
    "São Paulo",
    "القاهرة",
    "Port Ellery",
    "Port Ellory",
    "東京",
    "京都",
)
WORKS = ("The Glass Meridian", "红楼梦", "Война и мир", "Nine Quiet Rivers", "Nine Quiet Ravens", "源氏物語")

GIVEN = ("Ava", "Bela", "Cleo", "Dara", "Edda", "Finn", "Gita", "Hugo", "Ines", "Joon", "Kira", "Liam", "Mona", "Nils")
FAMILY = ("Abara", "Brandt", "Castro", "Duarte", "Eriksen", "Farrow", "Grigore", "Haddad", "Ivanov", "Jensen", "Kimura")


def persons(count: int) -> list[str]:
    """Return `count` distinct persons: the fixed ones first, then combinations of given and family names."""
    return _extend(PERSONS, [f"{given} {family}" for family in FAMILY for given in GIVEN], count, "{} {}")


def organizations(count: int) -> list[str]:
    """Return `count` distinct organisations."""
    return _extend(ORGANIZATIONS, [f"{family} Industries" for family in FAMILY], count, "{} {}")


def _extend(fixed: tuple[str, ...], combined: list[str], count: int, numbered: str) -> list[str]:
    names = [*fixed, *combined]
    round_ = 2
    while len(names) < count:
        names.extend(numbered.format(name, round_) for name in combined)
        round_ += 1
    return names[:count]
