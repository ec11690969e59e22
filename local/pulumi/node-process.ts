/** Loaded into each Node process of the engine before anything else. It changes how fast they start, and nothing that they do. */
import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// The SDK sets this flag in the midst of its start. Code that was compiled under other flags is of no use to Node's cache,
// so that whatever two processes load at different times would be compiled anew in every run.
setFlagsFromString("--allow-natives-syntax");

// What a process compiled is kept when it ends, but the one of dynamic providers is killed.
setInterval(flushCompileCache, 100).unref();
