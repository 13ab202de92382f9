import { httpActionGeneric as httpAction, httpRouter } from "convex/server";

const http = httpRouter();

http.route({ path: "/echo", method: "POST", handler: httpAction(async (_, request) => new Response(request.body)) });

/** Words that come one by one. */
http.route({
  path: "/words", method: "GET",
  handler: httpAction(async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const write = async () => {
      const writer = writable.getWriter();
      for (let word = 0; word < 10; word++) {
        await writer.write(new TextEncoder().encode(`word ${word}\n`));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await writer.close();
    };
    write().catch(() => {});
    return new Response(readable);
  }),
});

export default http;
