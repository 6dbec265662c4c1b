"""Bearer tokens for the storage."""

from __future__ import annotations

from collections.abc import Callable

from connectwise_etl.errors import AuthError

#: Returns a token: a text, or an object of Azure's libraries that has it as `token`.
Ask = Callable[[], object]


class TokenSource:
    """Asks a function for tokens, and remembers why it gave none."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._error: Exception | None = None

    def __call__(self) -> str:
        try:
            given = self._ask()
            token = getattr(given, "token", given)
            if not isinstance(token, str) or not token.strip():
                raise TypeError(
                    f"the function returned {type(given).__name__}, and a token is a text that is not empty"
                )
        except Exception as error:
            self._error = error
            raise
        self._error = None
        return token

    def raise_for_error(self) -> None:
        """Raises an error where the last question was not answered."""
        if self._error is not None:
            raise AuthError(
                f"No token for the storage could be had: {type(self._error).__name__}: {self._error}"
            ) from self._error
