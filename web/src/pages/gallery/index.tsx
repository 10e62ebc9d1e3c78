import { useText } from "../../text";
import { Empty, PageHeader } from "../../ui";

export function Gallery() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.pages.gallery} />
      <Empty title={t.soon} />
    </>
  );
}
