"""What every key store must do. Run against the one in memory here and against the real keyring in a child
process: `python -m tests.contracts.key_store`, which prints `kept` when all holds."""

from __future__ import annotations

from reset_or.keys.pepper import KeyringStore, KeyStore, new_pepper

HERE, THERE = "a" * 64, "b" * 64


def keeps_what_it_was_given(store: KeyStore) -> None:
    first, second, other = new_pepper(), new_pepper(), new_pepper()
    assert len({first, second, other}) == 3
    assert store.get(HERE) is None
    store.set(HERE, first)
    store.set(THERE, other)
    assert (store.get(HERE), store.get(THERE)) == (first, other)
    store.set(HERE, second)
    assert (store.get(HERE), store.get(THERE)) == (second, other)
    store.delete(HERE)
    store.delete(HERE)
    assert (store.get(HERE), store.get(THERE)) == (None, other)
    store.delete(THERE)


if __name__ == "__main__":
    keeps_what_it_was_given(KeyringStore())
    print("kept")
