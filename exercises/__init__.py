"""The exercises of the notebooks. Reading the chapters here spoils them."""

from exercises import (  # noqa: F401
    ch01,
    ch02,
    ch03,
    ch04,
    ch05,
    ch06,
    ch07,
    ch08,
    chA,
    chB,
    chC,
    chD,
    chE,
    chF,
    chG,
    chH,
)
from exercises.core import EXERCISES, check  # noqa: F401
