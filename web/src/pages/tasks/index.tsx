import { useText } from "../../text";
import { Empty, PageHeader } from "../../ui";

export function Tasks() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.pages.tasks} />
      <Empty title={t.soon} />
    </>
  );
}
