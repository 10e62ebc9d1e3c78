"""Where finished videos are kept: a folder or an S3 bucket, alike; knows files, and nothing of tasks but their ids."""

from aigcq.storage.place import open_storage, refuse_unshared
from aigcq.storage.storage import Storage, thumbnail_key, video_key

__all__ = ["Storage", "open_storage", "refuse_unshared", "thumbnail_key", "video_key"]
