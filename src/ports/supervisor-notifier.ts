/** Tells the one who supervises the monitor (systemd) how it is. */

export interface SupervisorNotifier {
  /** The monitor is up. Best effort; never rejects. */
  ready(): Promise<void>;
  /** One line on how it is; control characters are removed. */
  status(text: string): Promise<void>;
  stopping(): Promise<void>;
  /** A sign of life: without one in time we are ended and started anew. */
  alive(): Promise<void>;
}
