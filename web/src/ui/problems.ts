/** From an error to what a person reads. The API tells it in English; the common ones are told in Chinese here. */

import { ApiError, UNREACHABLE } from "../api/problem";
import { language, texts } from "../i18n";

export interface Told {
  title: string;
  advice: string;
}

const useKnown = texts<Record<string, Told>>(
  {
    [UNREACHABLE]: { title: "The server cannot be reached.", advice: "Check that the API runs and that you are online." },
    invalid_api_key: { title: "A key is needed.", advice: "Enter an API key." },
    missing_scope: { title: "This key may not do that.", advice: "Use a key with the scope it takes, such as admin." },
  },
  {
    [UNREACHABLE]: { title: "无法连接服务器。", advice: "请确认 API 正在运行，且网络可用。" },
    invalid_api_key: { title: "需要密钥。", advice: "请输入 API 密钥。" },
    missing_scope: { title: "当前密钥无权执行此操作。", advice: "请换用具备相应权限（例如 admin）的密钥。" },
    invalid_request: { title: "请求内容有误。", advice: "请按提示修改后重新提交。" },
    queue_full: { title: "队列已满，任务未入队。", advice: "请稍后再试，或调高 AIGCQ_BACKLOG_LIMIT。" },
    position_too_far: { title: "排队位置超出可接受范围，任务未入队。", advice: "请稍后再试。" },
    too_many_requests: { title: "请求过于频繁。", advice: "请稍后再试。" },
    too_many_listeners: { title: "实时连接数已达上限。", advice: "请稍后再试，或调高 AIGCQ_STREAM_CLIENTS。" },
    task_not_found: { title: "任务不存在，或记录已过期。", advice: "请核对任务 ID。" },
    not_found: { title: "此版本的服务没有该接口。", advice: "请确认服务端与控制台版本一致。" },
    not_failed: { title: "任务不是失败状态，无法重新排队。", advice: "请刷新后查看最新状态。" },
    not_queued: { title: "任务已开始，无法调整优先级。", advice: "请刷新后查看最新状态。" },
    may_be_made: { title: "供应商可能已生成该视频，重跑可能重复计费。", advice: "确认后可强制重新排队。" },
    budget_exceeded: { title: "预算不足，任务未入队。", advice: "请等待预算周期重置，或调高预算。" },
    store_unavailable: { title: "Redis 暂时无响应。", advice: "请检查 Redis；恢复后可直接重试。" },
    internal: { title: "服务内部错误。", advice: "请查看 API 日志。" },
  },
);

export function told(error: unknown): Told {
  if (!(error instanceof ApiError)) return { title: String(error), advice: "" };
  const known = useKnown()[error.code];
  const { detail, title, advice } = error.problem;
  const english = { title: detail ?? title ?? error.code, advice: advice ?? "" };
  if (!known) return english;
  if (language.value === "en") return detail ? english : known;
  return { ...known, title: detail && error.code === "invalid_request" ? `${known.title}${detail}` : known.title };
}
