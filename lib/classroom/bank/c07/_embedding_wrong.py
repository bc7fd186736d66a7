"""Wrong ways from ids to a Transformer's input, for `token-embedding`."""


def _check(ids, table):
    if ((ids < 0) | (ids >= len(table))).any():
        raise ValueError("no such token")


def but(join):
    """Rows and places joined otherwise: (rows, places (T, d), d) → (B, T, d)."""

    def wrong(ids, table, places):
        _check(ids, table)
        return join(table[ids], places[: ids.shape[1]], table.shape[1])

    return wrong


def scaled_by_vocabulary(ids, table, places):
    _check(ids, table)
    return table[ids] * len(table) ** 0.5 + places[: ids.shape[1]]


def place_of_the_sentence(ids, table, places):
    _check(ids, table)
    return table[ids] * table.shape[1] ** 0.5 + places[: len(ids), None]


def place_of_the_token(ids, table, places):
    _check(ids, table)
    return table[ids] * table.shape[1] ** 0.5 + places[ids]


def one_place_for_all(ids, table, places):
    _check(ids, table)
    return table[ids] * table.shape[1] ** 0.5 + places[ids.shape[1]]


def places_from_one(ids, table, places):
    _check(ids, table)
    return table[ids] * table.shape[1] ** 0.5 + places[1 : ids.shape[1] + 1]


def last_places(ids, table, places):
    _check(ids, table)
    return table[ids] * table.shape[1] ** 0.5 + places[-ids.shape[1] :]


def unchecked(ids, table, places):
    return table[ids] * table.shape[1] ** 0.5 + places[: ids.shape[1]]


def upper_end_only(ids, table, places):
    if (ids >= len(table)).any():
        raise ValueError("no such token")
    return unchecked(ids, table, places)


def one_too_far(ids, table, places):
    if ((ids < 0) | (ids > len(table))).any():
        raise ValueError("no such token")
    return unchecked(ids, table, places)


def clamped(ids, table, places):
    return unchecked(ids.clamp(0, len(table) - 1), table, places)
