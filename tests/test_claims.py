"""Each page ends with its claims, and each claim names a cell that could refute it."""

import pytest

from tools.claims import CLAIMS, claims_of, collected
from tools.course import PAGES, code_cells

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@each_page
def test_a_page_states_its_claims(page):
    assert len(claims_of(page)) >= 5, "a cell `claims` with a row for each claim"


@each_page
def test_a_claim_rests_on_a_cell_that_could_refute_it(page):
    """The cell asserts, or prints something that is compared."""
    cells = {cell.id: cell for cell in code_cells(page)}
    for claim, cell_id, over in claims_of(page):
        assert cell_id in cells, f"{cell_id} is no code cell of {page.name}: {claim}"
        cell = cells[cell_id]
        printed = any(o.get("text") for o in cell.outputs)
        exempt = "nbval-ignore-output" in cell.metadata.get("tags", [])
        assert printed and not exempt or "assert " in cell.source, cell_id
        assert over, f"over what? {claim}"


def test_the_collection_is_up_to_date():
    assert CLAIMS.read_text(encoding="utf-8") == collected(), "run -m tools.claims"
