/** Why a task failed, in Chinese: the service says it in English, and the vendor's own words stay as they are. */

import type { TaskError } from "../../api/types";
import { texts } from "../../i18n";

interface Told {
  title: string;
  advice: string;
}

const useKnown = texts<Record<string, Told>>(
  {},
  {
    vendor_failed: { title: "供应商受理后生成失败。", advice: "重试次数已用完。请核对参数是否超出模型限制，再重新创建。" },
    vendor_rejected: { title: "供应商拒绝了该请求。", advice: "请根据供应商返回的信息调整提示词、图片或参数，再重新创建。" },
    vendor_aborted: { title: "任务在供应商侧被终止。", advice: "请在供应商控制台确认是谁终止的，再重新创建。" },
    vendor_unavailable: { title: "供应商暂时不可用，且确定未受理。", advice: "如持续出现，请检查到供应商的网络。" },
    vendor_account: { title: "供应商账号不可用（密钥、权限或配额）。", advice: "修正账号后队列会自动恢复。" },
    submission_unknown: {
      title: "无法确认供应商是否已受理。",
      advice: "请先在供应商控制台按 SessionId 核实，再决定是否强制重新运行。",
    },
    no_video: { title: "供应商任务已结束，但没有返回视频。", advice: "可能已计费，请先在供应商控制台查找视频。" },
    picture_gone: { title: "随请求上传的图片已过保留期。", advice: "请重新上传图片，或改用图片地址。" },
    expired: { title: "供应商已不再保留该任务。", advice: "请在供应商控制台查找视频；需要重新生成时可强制重新运行。" },
    deadline_exceeded: { title: "已超过设定的截止时间。", advice: "请放宽截止时间后重新创建。" },
    poisoned: { title: "多个 worker 在处理该任务时异常退出。", advice: "请查看 worker 日志，确认原因后再重新运行。" },
  },
);

/** The title and advice of a failure; `said` are the words that came with it, where they are not the title. */
export function failure(error: TaskError): Told & { said: string } {
  const known = useKnown()[error.code];
  if (!known) return { title: error.message, advice: error.advice, said: "" };
  return { ...known, said: error.message };
}
