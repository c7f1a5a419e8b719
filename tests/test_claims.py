"""Each page ends with its claims, and each claim names a cell that could refute it."""

import pytest

from tools.claims import CLAIMS, claims_of, collected
from tools.course import PAGES, code_cells

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@each_page
def test_a_page_states_its_claims(page):
    assert len(claims_of(page)) >= 5, "a cell `claims` with a row for each claim"


def could_refute(cell) -> bool:
    """It asserts, or prints something that is compared."""
    printed = any(o.get("text") for o in cell.outputs)
    exempt = "nbval-ignore-output" in cell.metadata.get("tags", [])
    return printed and not exempt or "assert " in cell.source


@each_page
def test_a_claim_rests_on_a_cell_that_could_refute_it(page):
    cells = {cell.id: cell for cell in code_cells(page)}
    for claim, ids, over in claims_of(page):
        assert ids and {*ids} <= {*cells}, f"{ids} are no code cells: {claim}"
        assert any(could_refute(cells[cell_id]) for cell_id in ids), claim
        assert over, f"over what? {claim}"


def test_the_collection_is_up_to_date():
    assert CLAIMS.read_text(encoding="utf-8") == collected(), "run -m tools.claims"
