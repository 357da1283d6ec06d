"""Everything that touches disk or network: bundled samples, files, Yahoo. It hands out price sets."""
