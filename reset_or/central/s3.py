"""Sealed photos in object storage: the same pieces and places as in a folder, each of them an object.

Every object is made by one create-only PUT, which an object store does whole or not at all. What the store
refuses or cannot do comes out as EnvironmentTrouble. `obstore` is imported late and only here, and nothing
is asked of it before the first photo: its threads would not outlive the fork of a serving process.
"""

from __future__ import annotations

import hashlib
import json
import threading
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.central.pieces import PIECE_NAME, checked, place_of, whole_pieces

if TYPE_CHECKING:
    from obstore.store import S3Store as Bucket

SCHEME: Final = "s3"
_READ: Final = 256 * 1024
_FINISHING: Final = 2
_FULL: Final = ("507 Insufficient", "StorageFull", "QuotaExceeded", "InsufficientStorage")
_FORBIDDEN: Final = "status code: 403"
_SECRETS: Final = frozenset({"access_key_id", "secret_access_key"})
_OPTIONAL: Final = frozenset({"endpoint", "region", "ca_file", "plain_http", "virtual_host"})


@dataclass(frozen=True)
class S3Config:
    """How to reach a bucket. `endpoint` "": Amazon's own. `ca_pem`: an own authority's certificates.

    `plain_http`: an endpoint without TLS is meant. `virtual_host`: the bucket stands in the host name.
    """

    access_key_id: str
    secret_access_key: str
    endpoint: str = ""
    region: str = "us-east-1"
    ca_pem: str = ""
    plain_http: bool = False
    virtual_host: bool = False


def read_config(file: Path) -> S3Config:
    """Reads a JSON or TOML file; `ca_file` in it is relative to it.

    Raises EnvironmentTrouble("file_unreadable") and UserFixable("s3_config_wrong") naming the field.
    """
    try:
        text = file.read_text(encoding="utf-8")
        found: Any = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except OSError as error:
        raise EnvironmentTrouble("file_unreadable", name=file.name) from error
    except ValueError as error:
        raise UserFixable("s3_config_wrong", field="file") from error
    wrong = sorted((found.keys() - _SECRETS - _OPTIONAL) | (_SECRETS - found.keys()))
    kinds = {name: bool if name in ("plain_http", "virtual_host") else str for name in found}
    wrong += [name for name, value in found.items() if name not in wrong and type(value) is not kinds[name]]
    if wrong:
        raise UserFixable("s3_config_wrong", field=wrong[0])
    ca_file = found.pop("ca_file", "")
    try:
        ca_pem = (file.parent / ca_file).read_text(encoding="ascii") if ca_file else ""
    except (OSError, ValueError) as error:
        raise EnvironmentTrouble("file_unreadable", name=Path(ca_file).name) from error
    config = S3Config(**found, ca_pem=ca_pem)
    scheme = urlsplit(config.endpoint).scheme if config.endpoint else "https"
    if scheme not in ("https", "http") or (scheme == "http" and not config.plain_http):
        raise UserFixable("s3_config_wrong", field="endpoint")
    return config


class S3Store:
    """Photos in a bucket, under a prefix that may be empty. Several server processes may share it."""

    kind: Final = "s3"

    def __init__(self, url: str, config: S3Config) -> None:
        """`url`: s3://bucket/prefix; raises UserFixable("s3_config_wrong")."""
        said = urlsplit(url)
        if said.scheme != SCHEME or not said.netloc or said.query or said.fragment:
            raise UserFixable("s3_config_wrong", field="photos")
        self._name, self._prefix, self._config = said.netloc, said.path.strip("/"), config
        self._finishing = threading.BoundedSemaphore(_FINISHING)

    def free_bytes(self) -> int | None:
        return None

    def size(self, blob_id: str) -> int | None:
        import obstore

        with object_errors():
            try:
                return int(obstore.head(self._bucket, _place(blob_id))["size"])
            except FileNotFoundError:
                return None

    def offset(self, blob_id: str) -> int:
        return whole_pieces((number, length) for number, length, _at in self._pieces(blob_id))

    def put_piece(self, blob_id: str, number: int, data: bytes) -> None:
        self._create(_piece(blob_id, number), [data])

    def finish(self, blob_id: str, length: int) -> bool:
        # A photo is held whole, once: S3 has no way to make one object of pieces below 5 MiB.
        with self._finishing:
            if not self._is_whole(blob_id):
                whole = self._whole(blob_id)
                if whole is not None:
                    self._create(_place(blob_id), whole)
        if self.size(blob_id) == length:
            return True
        self.discard(blob_id)
        return False

    def discard(self, blob_id: str) -> None:
        self._delete([_piece(blob_id, number) for number, _length, _at in self._pieces(blob_id)])

    def read(self, blob_id: str, start: int, end: int) -> Iterator[bytes]:
        import obstore

        with object_errors():
            got = obstore.get(self._bucket, _place(blob_id), options={"range": (start, end)})
            for chunk in got.stream(min_chunk_size=_READ):
                yield bytes(chunk)

    def delete(self, blob_id: str) -> None:
        self.discard(blob_id)
        self._delete([_place(blob_id)])

    def sweep(self, older_than_ms: int) -> int:
        import obstore

        limit = datetime.now(UTC) - timedelta(milliseconds=older_than_ms)
        newest: defaultdict[str, datetime] = defaultdict(lambda: datetime.min.replace(tzinfo=UTC))
        paths: defaultdict[str, list[str]] = defaultdict(list)
        with object_errors():
            for page in obstore.list(self._bucket, "parts"):
                for found in page:
                    blob_id = found["path"].split("/")[1]
                    paths[blob_id].append(found["path"])
                    newest[blob_id] = max(newest[blob_id], found["last_modified"])
        stale = [blob_id for blob_id, at in newest.items() if at < limit]
        for blob_id in stale:
            self._delete(paths[blob_id])
        return len(stale)

    @cached_property
    def _bucket(self) -> Bucket:
        from obstore.store import S3Store as Bucket

        config = self._config
        # `endpoint` stands twice: a variable of the environment would go before the first one alone.
        where: Any = {}
        if config.endpoint:
            where = {"endpoint": config.endpoint, "aws_endpoint_url_s3": config.endpoint}
        key: Any = {"access_key_id": config.access_key_id, "secret_access_key": config.secret_access_key}
        key |= {"token": None, "expires_at": None}
        options: Any = {"connect_timeout": "3s", "timeout": "60s", "allow_http": config.plain_http}
        if config.ca_pem:
            options["root_certificate"] = config.ca_pem
        return Bucket(
            self._name, prefix=self._prefix or None, region=config.region, **where,
            virtual_hosted_style_request=config.virtual_host, client_options=options,
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
            credential_provider=lambda: key,
        )  # fmt: skip

    def _pieces(self, blob_id: str) -> list[tuple[int, int, datetime]]:
        import obstore

        with object_errors():
            listed = obstore.list(self._bucket, f"parts/{checked(blob_id)}").collect()
        named = [(found["path"].rpartition("/")[2], found) for found in listed]
        return sorted(
            (int(name), int(found["size"]), found["last_modified"])
            for name, found in named
            if PIECE_NAME.fullmatch(name)
        )

    def _whole(self, blob_id: str) -> list[bytes] | None:
        """The pieces in order if their hash is that of the name."""
        import obstore

        digest, found = hashlib.sha256(), []
        with object_errors():
            for number, _length, _at in self._pieces(blob_id):
                found.append(obstore.get(self._bucket, _piece(blob_id, number)).bytes().to_bytes())
                digest.update(found[-1])
        return found if digest.hexdigest() == blob_id else None

    def _is_whole(self, blob_id: str) -> bool:
        """Whether the photo is there already; half of a copy goes, so that it can be made anew."""
        length, digest = self.size(blob_id), hashlib.sha256()
        if length is None:
            return False
        for chunk in self.read(blob_id, 0, length) if length else ():
            digest.update(chunk)
        if digest.hexdigest() != blob_id:
            self._delete([_place(blob_id)])
            return False
        return True

    def _create(self, path: str, parts: list[bytes]) -> None:
        """Makes an object of these bytes; one that is there already stays."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with object_errors():
            try:
                obstore.put(self._bucket, path, iter(parts), mode="create", use_multipart=False)
            except AlreadyExistsError:
                return

    def _delete(self, paths: list[str]) -> None:
        import obstore

        with object_errors():
            if paths:
                obstore.delete(self._bucket, paths)


@contextmanager
def object_errors() -> Iterator[None]:
    """Turns what obstore raises into named errors; its words, which name places, go no further."""
    from obstore import exceptions

    try:
        yield
    except FileNotFoundError as error:
        raise EnvironmentTrouble("file_vanished") from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise EnvironmentTrouble("object_store_refused") from error
    except (exceptions.BaseError, OSError, ValueError) as error:
        # A listing that is refused, and a full store, have no kind of their own.
        said = str(error)
        if _FORBIDDEN in said:
            raise EnvironmentTrouble("object_store_refused") from error
        full = any(sign in said for sign in _FULL)
        raise EnvironmentTrouble("disk_full" if full else "object_store_unavailable") from error


def _place(blob_id: str) -> str:
    return "/".join(place_of(blob_id))


def _piece(blob_id: str, number: int) -> str:
    return f"parts/{checked(blob_id)}/{number:08d}"
