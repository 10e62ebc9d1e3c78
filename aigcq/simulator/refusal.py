"""The vendor's no: a code for programs, a sentence for people.

The texts follow what the real gateway was seen to say; only the code may be matched on.
"""

from __future__ import annotations


class Refusal(Exception):
    """A request is answered with `{"Response": {"Error": {"Code", "Message"}}}` and changes nothing."""

    def __init__(self, code: str, message: str, chinese: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.chinese = chinese or message

    def text(self, language: str) -> str:
        """Return the sentence in the language that X-TC-Language asks for (zh-CN, else English)."""
        return self.chinese if language == "zh-CN" else self.message


def missing(name: str) -> Refusal:
    """A required parameter or header was not sent."""
    return Refusal(
        "MissingParameter", f"The request is missing a required parameter `{name}`.", f"请求缺少必要参数`{name}`。"
    )


def unknown(name: str) -> Refusal:
    """A parameter that the Action does not have."""
    return Refusal("UnknownParameter", f"The parameter `{name}` is not recognized.", f"未知参数`{name}`。")


def wrong_type(name: str) -> Refusal:
    """A parameter of another JSON type than the Action's."""
    return Refusal(
        "InvalidParameter", f"The value type of parameter `{name}` is not valid.", f"参数`{name}`的值类型不合法。"
    )


def too_frequent(count: int, limit: int) -> Refusal:
    """More calls in one second than the Action allows; nothing was created."""
    return Refusal(
        "RequestLimitExceeded",
        f"Your current request times equals to `{count}` in a second, which exceeds the frequency limit `{limit}` "
        "for a second. Please reduce the frequency of calls.",
        f"您当前每秒请求 `{count}` 次，超过了每秒频率上限 `{limit}`，请稍后重试。",
    )


def repeated_session(session_id: str) -> Refusal:
    """The SessionId was accepted before, within the deduplication horizon; the TaskId is not told."""
    return Refusal(
        "InvalidParameterValue.SessionId",
        f"The deduplication ID `{session_id}` already exists, request removed.",
        f"去重识别码`{session_id}`重复，请求被去重。",
    )


def no_such_task(task_id: str) -> Refusal:
    """A TaskId that was never given out to this account."""
    return Refusal("InvalidParameterValue.TaskId", f"The task `{task_id}` does not exist.", f"任务`{task_id}`不存在。")


def internal_error() -> Refusal:
    """The vendor's own trouble; whether something was created is not told."""
    return Refusal("InternalError", "An internal error has occurred. Retry your request.", "内部错误，请重试。")
