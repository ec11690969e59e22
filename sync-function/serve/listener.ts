import type { Server } from "node:http";
import type { Socket } from "node:net";
import { AccessError, messageOf } from "../errors.ts";

export interface Listener {
  /** The actual one, where 0 was asked for. */
  readonly port: number;
  /**
   * Takes no new connections, waits for the requests under way, and breaks off what is left after `grace` milliseconds.
   * Throws nothing.
   */
  close(grace: number): Promise<void>;
}

/** Connections that wait to be accepted. Whoever finds no place tries again a second later, and then after three. */
const MOST_WAITING = 1_024;
/** Milliseconds between two looks for connections that have nothing to do any more. */
const IDLE_LOOK = 50;

/**
 * Lets a server listen on all addresses of this machine.
 *
 * @param variable name of the setting with the port, for the message
 * @param port 0 for a free one
 * @throws AccessError `usage` when the port cannot be had
 */
export async function listen(server: Server, port: number, variable: string): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const bound = Promise.withResolvers<void>();
  server.once("error", (error) => bound.reject(error)).listen({ port, backlog: MOST_WAITING }, () => bound.resolve());
  try {
    await bound.promise;
  } catch (error) {
    throw new AccessError(
      "usage",
      `${variable} is ${port}, which cannot be had (${messageOf(error)}); use another port`,
    );
  }
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: async (grace) => {
      const closed = Promise.withResolvers<void>();
      // Otherwise whoever keeps a connection would go on to use it, up to the moment when it is broken off.
      server.prependListener("request", (_, response) => {
        response.shouldKeepAlive = false;
      });
      server.close(() => closed.resolve());
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK);
      // Those that speak another protocol by now are not the server's any more.
      const breakOff = setTimeout(() => sockets.forEach((socket) => void socket.destroy()), grace);
      await closed.promise;
      clearInterval(idle);
      clearTimeout(breakOff);
      for (const socket of sockets) socket.destroy();
    },
  };
}
