/** The findings by their code. Their English sentences come from the service; here are titles, and Chinese actions. */

import { texts } from "../../i18n";

interface Known {
  title: string;
  /** Told in place of the service's English, which the finding still shows as its detail. */
  action: string;
}

/** `action` of English is the service's own. */
const english = (title: string): Known => ({ title, action: "" });
const LOOK_FOR_SPACE = "清理磁盘空间，或缩短视频保留时间（AIGCQ_STORAGE_RETENTION_SECONDS）。恢复后会自动重试转存。";
const THROTTLED =
  "检查是否有其他程序在使用同一账号，并在供应商控制台核对并发配额。任务会保留原有位置，供应商放行后自动继续。";

export const useCodes = texts<Record<string, Known>>(
  {
    redis_unavailable: english("Redis cannot be reached"),
    redis_read_only: english("Redis takes no writes"),
    redis_disk_full: english("Redis cannot write to its disk"),
    redis_memory_full: english("Redis runs out of memory"),
    redis_eviction: english("Redis may delete tasks"),
    no_worker: english("No worker is alive"),
    vendor_auth: english("The vendor account does not work"),
    queue_stuck: english("The queue is stuck"),
    paused: english("The queue is paused"),
    vendor_unreachable: english("The vendor does not answer"),
    submissions_unanswered: english("Submissions get no answer"),
    threshold_at_floor: english("Refused even at the lowest threshold"),
    throttled: english("The vendor refuses more than usual"),
    storage_full: english("No room for videos"),
    storage_failing: english("Videos cannot be kept"),
    near_horizon: english("Tasks will soon be forgotten by the vendor"),
    clock_skew: english("Clocks differ"),
    lease_losses: english("Workers lose their leases"),
    dead_letters: english("Many tasks fail"),
    unavailable: english("No video can flow"),
    degraded: english("The service is degraded"),
  },
  {
    redis_unavailable: {
      title: "无法连接 Redis",
      action: "启动 Redis，或把 REDIS_URL（REDIS_HOST、REDIS_PORT）改为正确地址。已受理的任务不会丢失。",
    },
    redis_read_only: {
      title: "Redis 只读，无法写入",
      action: "让 REDIS_URL 指向主节点或 Sentinel；若没有其他主节点，可用 REPLICAOF NO ONE 提升当前节点；若因副本不足，请先恢复副本。",
    },
    redis_disk_full: { title: "Redis 无法写入磁盘", action: "为 Redis 所在磁盘腾出空间，或修复目录权限；恢复后会自动继续写入。" },
    redis_memory_full: {
      title: "Redis 内存不足",
      action: "调高 maxmemory、扩容机器，或缩短结果保留时间（AIGCQ_RESULT_TTL_SECONDS）。",
    },
    redis_eviction: { title: "Redis 可能淘汰任务数据", action: "把 maxmemory-policy 设为 noeviction（配置文件与 CONFIG SET 都要改）。" },
    no_worker: { title: "没有存活的 worker", action: "用 python worker.py 启动一个；在此之前任务会一直等待。" },
    vendor_auth: {
      title: "供应商账号不可用",
      action:
        "在供应商控制台检查账号，更正 TENCENTCLOUD_SECRET_ID、TENCENTCLOUD_SECRET_KEY 与 VOD_SUBAPP_ID 后重启 worker。账号恢复后会自动继续。",
    },
    queue_stuck: {
      title: "队列停滞",
      action: "查看 worker 日志并重启；若每个 worker 都已达到 AIGCQ_WORKER_CONCURRENCY，请增加 worker。",
    },
    paused: { title: "队列已暂停", action: "原因消除后，在「运维」页恢复，或执行 aigcq resume。" },
    vendor_unreachable: {
      title: "供应商无响应",
      action: "检查本机能否访问 TENCENTCLOUD_ENDPOINT，并查看供应商状态页。任务会等待，恢复后自动继续。",
    },
    submissions_unanswered: {
      title: "提交请求未得到应答",
      action: "确认供应商是否有故障。系统会核对是否已生成，不会重复付费；收到应答后自动继续。",
    },
    threshold_at_floor: { title: "并发已降到下限，仍被限流", action: THROTTLED },
    throttled: { title: "供应商限流比平时严重", action: THROTTLED },
    storage_full: { title: "视频存储空间不足", action: LOOK_FOR_SPACE },
    storage_failing: {
      title: "视频无法转存",
      action: "确认 AIGCQ_STORAGE 可访问，且 worker 与 API 的运行用户有写权限。恢复后会自动重试转存。",
    },
    near_horizon: { title: "部分任务即将超出供应商保留期", action: "在供应商控制台查找这些任务；超过期限后将放弃。" },
    clock_skew: { title: "时钟不一致", action: "用 NTP（chrony、systemd-timesyncd）同步各主机时钟。" },
    lease_losses: {
      title: "worker 丢失租约",
      action: "检查其主机的 CPU、内存以及到 Redis 的网络；必要时调高 AIGCQ_LEASE_SECONDS。",
    },
    dead_letters: { title: "大量任务失败", action: "在「运维」页的死信中查看原因，将值得重试的任务重新排队。" },
    unavailable: { title: "视频无法生成", action: "" },
    degraded: { title: "服务部分异常", action: "" },
  },
);
