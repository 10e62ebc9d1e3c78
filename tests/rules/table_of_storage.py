"""The rules that keep a video that was paid for."""

from __future__ import annotations

from tests.rules.table import Rule

SAVER, FILES, STORAGE, VIDEOS = "worker/saver.py", "vendors/files.py", "storage/storage.py", "api/videos.py"
ROOM = "worker/room.py"

RULES = [
    Rule(
        "A copy that fails is tried again",
        SAVER,
        "while stored is None and (not tries or clock.monotonic() < until):",
        "while stored is None and not tries:",
        "worker/test_saver.py::test_what_did_not_arrive_whole_is_fetched_again_and_never_seen",
    ),
    Rule(
        "A fault of ours while copying fails no task",
        SAVER,
        "        except Exception:  # a fault of ours must not cost a video that was paid for\n",
        "        except ZeroDivisionError:\n",
        "worker/test_saver_in_trouble.py::test_even_a_fault_of_ours_does_not_fail_a_video_that_was_paid_for",
    ),
    Rule(
        "What is saved takes no room from other tasks",
        ROOM,
        "            room += min(sum(held.saving for held in self.held.values()), self.settings.worker_concurrency)\n",
        "            pass\n",
        "worker/test_saver.py::test_a_copy_takes_no_room_from_the_next_task",
    ),
    Rule(
        "What did not arrive whole is not kept",
        FILES,
        "        self._check()\n",
        "",
        "worker/test_saver.py::test_what_did_not_arrive_whole_is_fetched_again_and_never_seen",
    ),
    Rule(
        "Only so many videos are copied at once",
        SAVER,
        "            async with self.by._room:\n                return await self._copy(self._longest(tries))\n",
        "            return await self._copy(self._longest(tries))\n",
        "worker/test_saver.py::test_no_more_videos_are_copied_at_once_than_is_allowed",
    ),
    Rule(
        "A late copy of what was erased is deleted",
        SAVER,
        "            await self._undo_if_erased()\n",
        "",
        "worker/test_saver_in_trouble.py::test_who_has_lost_the_lease_leaves_nothing_of_a_task_that_was_erased",
    ),
    Rule(
        "What a killed worker had half written is cleared away",
        STORAGE,
        "            half.unlink(missing_ok=True)\n",
        "            pass\n",
        "worker/test_saver.py::test_what_a_killed_worker_had_half_written_is_cleared_away",
    ),
    Rule(
        "What has not ended is not erased, and its files are not touched",
        VIDEOS,
        "            raise TaskOpen(task_id)\n",
        "            pass\n",
        "api/test_videos.py::test_the_files_of_what_has_not_ended_are_left_alone",
    ),
]
