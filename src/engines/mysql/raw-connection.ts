import type { Connection, ConnectionOptions } from "mysql2";

const killTimeoutMs = 5_000;

/** Connects, and resolves after the login. Rejects with the driver's error, with the socket closed. */
export async function rawConnection(options: ConnectionOptions): Promise<Connection> {
  const { default: driver } = await import("mysql2");
  const connection = driver.createConnection(options);
  // The driver can raise a second error after the one that is reported.
  connection.on("error", () => {});
  return new Promise((resolve, reject) => {
    connection.connect((error) => {
      if (!error) return resolve(connection);
      connection.destroy();
      reject(error);
    });
  });
}

/** Cancels what the session with this id executes, over a connection of its own. Never rejects. */
export async function killQuery(options: ConnectionOptions, id: string): Promise<void> {
  if (!/^\d+$/.test(id)) return;
  let connection: Connection | undefined;
  try {
    const opened = await rawConnection({
      ...options,
      connectTimeout: killTimeoutMs,
      connectAttributes: { program_name: "godwit cancel" },
    });
    connection = opened;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, killTimeoutMs).unref();
      opened.once("error", () => resolve());
      opened.query(`KILL QUERY ${id}`, () => resolve());
    });
  } catch {
    // The statement then ends by itself, or with its time limit.
  } finally {
    connection?.destroy();
  }
}
