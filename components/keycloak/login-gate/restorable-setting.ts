import { AccessError } from "#sync/errors.ts";
import { changedProperties } from "../../dynamic/inputs.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { adminApi } from "../connection.ts";

/** One text of an object that others own, such as the name of the flow that it runs; empty means none. */
export interface Setting<Inputs> {
  /** Inputs that say whose setting it is: with another one, it is another resource. */
  readonly identity: readonly (keyof Inputs & string)[];
  /** Input with the text to set. */
  readonly value: keyof Inputs & string;
  /** The inputs alone, of what the engine stores beside them. */
  only(inputs: Inputs): Inputs;
  idOf(inputs: Inputs): string;
  /** @throws AccessError with status 404 when the object is gone, and its setting with it */
  get(api: KeycloakAdminApi, inputs: Inputs): Promise<string>;
  /** Sets it, and leaves everything else of the object as it is. */
  set(api: KeycloakAdminApi, inputs: Inputs, value: string): Promise<void>;
  /** What is restored on deletion when an earlier run set ours already and its answer was lost. */
  formerOf(inputs: Inputs): string;
  /** The message for a server that took the new text and does not report it: what was told, and what to look at. */
  ignored(inputs: Inputs, value: string, found: string): string;
}

interface Memory {
  /** What was there before; set again on deletion. */
  readonly former: string;
  /** What this resource set. A refresh makes the value what it finds, and only our own may be undone. */
  readonly own: string;
}

/**
 * The life of a resource that sets one text of an object of others, remembers what was there, and restores it. Every
 * write is read back, because servers ignore some of them; deletion leaves alone what somebody else has set since.
 */
export function restorableSetting<Inputs extends Record<keyof Inputs, string>>(setting: Setting<Inputs>) {
  type Outputs = Inputs & Memory;
  const { identity, value, only } = setting;

  async function set(api: KeycloakAdminApi, inputs: Inputs, text: string): Promise<void> {
    await setting.set(api, inputs, text);
    const found = await setting.get(api, inputs);
    if (found !== text) throw new AccessError("incomplete", setting.ignored(inputs, text, found));
  }

  return {
    diff(olds: Inputs, news: Inputs): { changes: boolean; replaces: string[] } {
      const replaces = changedProperties(olds, news, identity).map(String);
      const all = Object.keys(only(news)) as (keyof Inputs & string)[];
      return { changes: changedProperties(olds, news, all).length > 0, replaces };
    },

    async create(inputs: Inputs, api: KeycloakAdminApi = adminApi()): Promise<{ id: string; outs: Outputs }> {
      const found = await setting.get(api, inputs);
      await set(api, inputs, inputs[value]);
      const former = found === inputs[value] ? setting.formerOf(inputs) : found;
      return { id: setting.idOf(inputs), outs: { ...only(inputs), former, own: inputs[value] } };
    },

    async read(
      id: string,
      props: Outputs,
      api: KeycloakAdminApi = adminApi(),
    ): Promise<{ id?: string; props?: Outputs; inputs?: Inputs }> {
      const found = await setting.get(api, props).catch(noneWhenGone);
      if (found === undefined) return {};
      const inputs = { ...only(props), [value]: found };
      return { id, props: { ...inputs, former: props.former, own: props.own }, inputs };
    },

    async update(olds: Outputs, news: Inputs, api: KeycloakAdminApi = adminApi()): Promise<{ outs: Outputs }> {
      await set(api, news, news[value]);
      return { outs: { ...only(news), former: olds.former, own: news[value] } };
    },

    async remove(props: Outputs, api: KeycloakAdminApi = adminApi()): Promise<void> {
      if ((await setting.get(api, props).catch(noneWhenGone)) === props.own) await set(api, props, props.former);
    },
  };
}

function noneWhenGone(error: unknown): undefined {
  if (error instanceof AccessError && error.status === 404) return undefined;
  throw error;
}
