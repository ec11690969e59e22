import type { Socket } from "node:net";

/**
 * What comes on a connection until it is closed. A server that refuses a request may close while more of it is on its way,
 * which resets the connection behind the answer.
 */
export async function heardOn(socket: Socket): Promise<string> {
  let heard = "";
  socket.setEncoding("utf8").on("data", (piece: string) => {
    heard += piece;
  });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("close", resolve));
  return heard;
}
