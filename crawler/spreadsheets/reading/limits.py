"""How much memory, time and room the reading of one file may take."""

ADDRESS_SPACE = 700_000_000  # bytes of the process that reads the file
CPU_SECONDS = 20
WALL_SECONDS = 120  # for the same work on a busy machine
ANSWER_BYTES = 400_000_000
MOST_OF_A_FILE = 64 * 2**20  # bytes
MOST_OWN_BYTES = 64 * 2**20  # of the own columns of all rows
ROW_BYTES = 32  # what a row takes in addition to its cells
CELL_CHARACTERS = 32_767  # that a spreadsheet program keeps in a cell
MOST_COLUMNS = 16_384  # that any spreadsheet program has
