"""Files of object stores as GDAL asks for them."""

from pathlib import Path

from rasterio.abc import FileContainer

from kerasseg import places


class Files(FileContainer):
    """The files of a store.

    Args:
        files: A file system of fsspec.
    """

    BLOCK = 1 << 20
    """Bytes fetched at a time: some tiles of a GeoTIFF, not the 50 MB of s3fs."""

    def __init__(self, files):
        self._files = files

    def open(self, path, mode="rb", **_):
        return self._files.open(
            path, mode, block_size=self.BLOCK, cache_type="blockcache"
        )

    def isfile(self, path):
        return self._files.isfile(path)

    def isdir(self, path):
        return self._files.isdir(path)

    def ls(self, path):
        return self._files.ls(path, detail=False)

    def mtime(self, path):
        return 0  # `places.stamp` tells what has changed.

    def rm(self, path):
        raise PermissionError(f"{path}: is read only.")

    def size(self, path):
        return self._files.size(path)


def store(path: Path) -> Files | None:
    """Return what opens a path for GDAL; None for files of this machine."""
    return Files(path.fs) if places.is_remote(path) else None
