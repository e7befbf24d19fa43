"""What a reader of a tiled log asks for, found among the files that are there."""

from collections.abc import Iterator

from assay.errors import Malformed, Unavailable
from assay.formats.note import MAX_BYTES as MAX_NOTE
from assay.formats.note import Note
from assay.register import tiles
from assay.register.body import Checkpoint
from assay.register.tiles import WIDTH, Tile
from assay.tlog.ports import CHECKPOINT, TileFiles

MAX_CHECKPOINT = MAX_NOTE


def claimed(data: bytes) -> Checkpoint:
    """What a signed note says about a log, verified by nobody."""
    return Checkpoint.parse(Note.parse(data, what="checkpoint").text)


def published(files: TileFiles) -> int:
    """The size that the log's own checkpoint states; 0 before the first. For whoever keeps these files, or only looks for one."""
    try:
        data = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
        return 0 if data is None else claimed(data).size
    except Malformed as error:
        raise Unavailable(f"{CHECKPOINT} cannot be read: {error}") from error


def find(files: TileFiles, wanted: Tile, size: int) -> bytes | None:
    """The bytes of *wanted* in a log whose files are those of a tree of *size*: as they are, or cut from a wider file.

    None when that tree has no such tile, or no file has it. Nothing is verified but the length.
    """
    here = tiles.tile_in(size, wanted.level, wanted.index)
    if here is None or here.width < wanted.width:
        return None
    for tile in _places(wanted, here):
        try:
            data = files.read(tile.path, limit=tile.limit)
            if data is not None:
                return data if tile == wanted else tiles.cut(data, wanted, what=tile.path)
        except Malformed as error:
            raise Unavailable(f"{tile.path} is damaged: {error}") from error
    return None


def _places(wanted: Tile, here: Tile) -> Iterator[Tile]:
    yield wanted
    if here != wanted:
        yield here
    if not here.full and wanted.width < WIDTH:
        yield wanted.whole  # the log may have grown since it was asked how large it is
