"""The exercises of the notebooks. Reading the chapters here spoils them."""

from exercises import ch01, ch02, ch03, ch04, ch05, ch06, ch07, ch08, chA  # noqa: F401
from exercises.core import EXERCISES, check  # noqa: F401
