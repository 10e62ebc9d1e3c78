/** The words of the gallery. */

import { texts } from "../../i18n";

export const useGalleryText = texts(
  {
    note: "Finished videos, the latest first. They are watched here for as long as they are kept.",
    caption: "Videos",
    open: (prompt: string) => `Watch: ${prompt}`,
    task: "To the task",
    again: "Use as a template",
    previous: "Previous video",
    next: "Next video",
    model: "Model",
    size: "Size",
    made: "Made",
    empty: { title: "No videos yet", text: "What is finished appears here by itself." },
  },
  {
    note: "已完成的视频，最新的在前；在保留期内可直接观看。",
    caption: "视频作品",
    open: (prompt: string) => `播放：${prompt}`,
    task: "查看任务",
    again: "以此为模板",
    previous: "上一个视频",
    next: "下一个视频",
    model: "模型",
    size: "规格",
    made: "完成时间",
    empty: { title: "还没有作品", text: "生成完成的视频会自动出现在这里。" },
  },
);
