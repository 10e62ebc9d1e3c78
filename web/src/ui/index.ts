export { Badge, Button, Card, PageHeader, Segments, Stat, type Tone } from "./basics";
export { Dialog } from "./dialog";
export { Check, Field, Input, Select } from "./form";
export { told } from "./problems";
export { Ago, Copy } from "./small";
export { Empty, Failed, Loaded, Loading } from "./states";
export { type Column, Table } from "./table";
export { Toasts, toast, toastError } from "./toast";
