"""QR codes: a link as a square of dark and light modules, for a room that photographs the screen."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError

__all__ = ["LONGEST", "draw_qr_code", "qr_modules"]

Modules = NDArray[np.bool_]
# Versions 1 to 6 at error correction M: correction codewords per block, blocks, data codewords per block.
VERSIONS = ((10, 1, 16), (16, 1, 28), (26, 1, 44), (18, 2, 32), (24, 2, 43), (16, 4, 27))
# Mode and length of the text take two of the data codewords.
LONGEST = VERSIONS[-1][1] * VERSIONS[-1][2] - 2
BYTE_MODE, PADDING = 0b0100, (0xEC, 0x11)
# x⁸ + x⁴ + x³ + x² + 1 makes the field of the codewords.
FIELD = 0x11D
LEVEL_M, FORMAT_POLYNOMIAL, FORMAT_MASK = 0b00, 0b10100110111, 0b101010000010010
FALSE_FINDERS = ("10111010000", "00001011101")
QUIET = 4


@lru_cache(maxsize=64)
def draw_qr_code(text: str) -> str:
    """Return a text as a QR code in SVG: dark on light with its quiet border, in light and dark pages alike.

    Raises
    ------
    InputError
        The text is empty or longer than `LONGEST` bytes.

    Examples
    --------
    >>> draw_qr_code("https://example.org")[:28]
    '<svg xmlns="http://www.w3.or'
    """
    modules = qr_modules(text)
    size = modules.shape[0] + 2 * QUIET
    dark = "".join(f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, x in np.argwhere(modules).tolist())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{8 * size}" '
        f'height="{8 * size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path fill="#000" d="{dark}"/></svg>'
    )


def qr_modules(text: str) -> Modules:
    """Return the modules of a QR code, True where dark: byte mode, error correction M, versions 1 to 6.

    Raises
    ------
    InputError
        The text is empty or longer than `LONGEST` bytes.

    References
    ----------
    ISO/IEC 18004:2015, QR Code bar code symbology specification.

    Examples
    --------
    >>> qr_modules("https://example.org").shape
    (25, 25)
    """
    data = text.encode()
    fitting = [v for v, (_, blocks, size) in enumerate(VERSIONS, 1) if len(data) <= blocks * size - 2]
    if not data or not fitting:
        raise InputError(f"A QR code here holds 1 to {LONGEST} bytes, not {len(data)}; shorten the link.")
    version = fitting[0]
    plain, free = _patterns(version)
    bits = np.unpackbits(np.array(_codewords(data, version), dtype=np.uint8))
    order = _reading_order(plain.shape[0], free)
    filled = np.zeros(len(order), dtype=np.bool_)
    filled[: bits.size] = bits.astype(np.bool_)
    plain[tuple(np.array(order).T)] = filled
    return min((_masked(plain, free, mask) for mask in range(8)), key=_penalty)


def _codewords(data: bytes, version: int) -> list[int]:
    """Return data and correction codewords, block by block interleaved."""
    correction, blocks, size = VERSIONS[version - 1]
    bits = f"{BYTE_MODE:04b}{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    words = [int(bits[k : k + 8], 2) for k in range(0, len(bits), 8)]
    words += [PADDING[k % 2] for k in range(blocks * size - len(words))]
    parts = [words[k * size : (k + 1) * size] for k in range(blocks)]
    checks = [_remainder(part, correction) for part in parts]
    return [word for row in (*zip(*parts, strict=True), *zip(*checks, strict=True)) for word in row]


def _times(a: int, b: int) -> int:
    """Multiply in the field of 256 elements."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = (a << 1) ^ (FIELD * (a >> 7)), b >> 1
    return product


def _remainder(words: list[int], count: int) -> list[int]:
    """Return the Reed–Solomon correction codewords of a block."""
    generator, root = [1], 1
    for _ in range(count):
        shifted = [*generator, 0]
        generator = [a ^ _times(root, b) for a, b in zip(shifted, [0, *generator], strict=True)]
        root = _times(root, 2)
    rest = [*words, *[0] * count]
    for place in range(len(words)):
        lead = rest[place]
        for k, factor in enumerate(generator):
            rest[place + k] ^= _times(lead, factor)
    return rest[-count:]


def _patterns(version: int) -> tuple[Modules, Modules]:
    """Return the modules that hold no data, and where data goes."""
    size = 17 + 4 * version
    modules, free = np.zeros((size, size), dtype=np.bool_), np.ones((size, size), dtype=np.bool_)
    timing = np.arange(size) % 2 == 0
    modules[6], modules[:, 6] = timing, timing
    free[6], free[:, 6] = False, False
    rings = np.maximum.outer(np.abs(np.arange(-3, 4)), np.abs(np.arange(-3, 4)))
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        # The finder, the light line around it, and room for the format beside it.
        around = slice(max(0, top - 1), top + 9 if top == 0 else size)
        beside = slice(max(0, left - 1), left + 9 if left == 0 else size)
        modules[around, beside], free[around, beside] = False, False
        modules[top : top + 7, left : left + 7] = rings != 2
    modules[6, 8 : size - 8], modules[8 : size - 8, 6] = timing[8 : size - 8], timing[8 : size - 8]
    if version > 1:
        near = slice(size - 9, size - 4)
        modules[near, near], free[near, near] = rings[1:-1, 1:-1] != 1, False
    return modules, free


def _reading_order(size: int, free: Modules) -> list[tuple[int, int]]:
    """Return the free modules in the order of the bits: pairs of columns from the right, up and down."""
    order, upwards = [], True
    for right in [*range(size - 1, 6, -2), *range(5, 0, -2)]:
        rows = range(size - 1, -1, -1) if upwards else range(size)
        order += [(row, column) for row in rows for column in (right, right - 1) if free[row, column]]
        upwards = not upwards
    return order


def _masked(modules: Modules, free: Modules, mask: int) -> Modules:
    """Return the symbol under one of the eight masks, which its format names."""
    size = modules.shape[0]
    row, column = np.indices((size, size))
    product = row * column
    flipped: Modules = (
        (row + column) % 2,
        row % 2,
        column % 3,
        (row + column) % 3,
        (row // 2 + column // 3) % 2,
        product % 2 + product % 3,
        (product % 2 + product % 3) % 2,
        ((row + column) % 2 + product % 3) % 2,
    )[mask] == 0
    masked = modules ^ (flipped & free)
    rest = given = (LEVEL_M << 3 | mask) << 10
    for shift in range(4, -1, -1):
        rest ^= FORMAT_POLYNOMIAL << shift if rest >> (shift + 10) & 1 else 0
    format_bits = (given | rest) ^ FORMAT_MASK
    # Twice: down and up beside the upper left finder, and beside the other two.
    rows = [*range(6), 7, 8, *range(size - 7, size)]
    columns = [*range(size - 1, size - 9, -1), 7, *range(5, -1, -1)]
    for place, (down, across) in enumerate(zip(rows, columns, strict=True)):
        masked[down, 8] = masked[8, across] = bool(format_bits >> place & 1)
    masked[size - 8, 8] = True
    return masked


def _penalty(modules: Modules) -> int:
    """Return how hard a symbol is to read: long runs, squares, false finders, too much of one colour."""
    total = 0
    for line in (*modules, *modules.T):
        runs = np.diff(np.flatnonzero(np.concatenate([[True], line[1:] != line[:-1], [True]])))
        total += int((runs[runs >= 5] - 2).sum())
        text = "".join("1" if dark else "0" for dark in line)
        total += 40 * sum(text[k : k + 11] in FALSE_FINDERS for k in range(len(text) - 10))
    corner = modules[:-1, :-1]
    same = (corner == modules[1:, :-1]) & (corner == modules[:-1, 1:]) & (corner == modules[1:, 1:])
    dark = 100.0 * float(modules.mean())
    return total + 3 * int(same.sum()) + 10 * int(abs(dark - 50.0) // 5)
