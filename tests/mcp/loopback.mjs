// Loaded before a server that would listen to the whole network: it listens to this machine alone, at the port of its choice or a free
// one, and says at which.
import { Server } from "node:net";

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ready) {
  return listen.call(this, { port, host: "127.0.0.1" }, () => {
    console.error(`listening at ${this.address().port}`);
    ready();
  });
};
