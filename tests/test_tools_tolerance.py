"""The comparison that `make test` rests on must be neither blind nor nervous."""

import pytest

from tools.tolerance import Output


@pytest.mark.parametrize("a, b", [
    ("loss 0.6931", "loss 0.6934"),             # 1e-3 relative
    ("1.25e-03", "1.2501e-03"),
    ("tensor([-0.0000, 1.2345])", "tensor([0.0000, 1.2346])"),
    ("0.61 nats", "0.60 nats"),                 # one unit in the last place, 1.6 %
    ("a  0.1", "a 0.1"),                        # padding
])
def test_rounding_passes(a, b):
    assert Output(a) == Output(b)
    assert not Output(a) != Output(b)  # noqa: SIM202  (nbval calls !=)


@pytest.mark.parametrize("a, b", [
    ("loss 0.693", "loss 0.699"),
    ("loss 0.7", "loss 0.8"),                   # a digit that is worth 14 %
    ("0.31 nats", "0.30 nats"),                 # one that is worth 3 %
    ("124,439,808", "124,439,809"),             # integers are exact
    ("12 windows", "13 windows"),
    ("equal: True", "equal: False"),
    ("loss 1.0", "loss 1.0 1.0"),
    ("(2, 5, 768)", "(2, 768, 5)"),
    ("0.5", "5"),
    ("1.2e-05", "1.2e-04"),
    ("-0.5000", "0.5000"),
    ("nan", "0.5"),
])
def test_changes_fail(a, b):
    assert Output(a) != Output(b)
    assert not Output(a) == Output(b)  # noqa: SIM201
