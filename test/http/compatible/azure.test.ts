/** Tests the deployment paths of Azure OpenAI. */
import { expect, test } from "bun:test";
import { audio, formOf, openApp } from "../app.ts";

const path = (deployment: string, resource = "transcriptions") =>
  `/openai/deployments/${deployment}/audio/${resource}?api-version=2024-10-21`;

test("the deployment is the model, and the field model has no effect", async () => {
  using app = openApp();
  const body = () => formOf({ file: audio(), model: "other" });
  for (const deployment of ["small", "whisper-cpp%3Abase", "openai%2Fwhisper-tiny"]) {
    const response = await app.send(path(deployment), { method: "POST", body: body() });
    expect(await response.json()).toMatchObject({ text: "And so, my fellow Americans" });
  }
  expect(app.asked).toEqual(["small", "whisper-cpp:base", "openai/whisper-tiny"]);
});

test("an unknown deployment is rejected before the audio arrives", async () => {
  using app = openApp();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const endless = new ReadableStream({ cancel: () => leave() });
  const headers = { "content-type": "multipart/form-data; boundary=a" };
  const init = { method: "POST", body: endless, headers };
  const response = await app.send(path("absent"), init);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error: {
      code: "DeploymentNotFound",
      message: 'There is no model "absent"',
      type: "invalid_request_error",
      param: "model",
    },
  });
  await left;
});

test("translations translate, and forms are those of OpenAI", async () => {
  using app = openApp();
  const body = formOf({ file: audio(), response_format: "verbose_json", temperature: "0.5" });
  const response = await app.send(path("base", "translations"), { method: "POST", body });
  expect(await response.json()).toMatchObject({ task: "translate", language: "english" });
  expect(app.jobs[0]?.options).toMatchObject({ task: "translate", temperature: 0.5 });
  const streamed = formOf({ file: audio(), stream: "true" });
  const events = await app.send(path("base"), { method: "POST", body: streamed });
  expect(await events.text()).toContain("transcript.text.done");
});

test.each([
  ["?api-version=", /api-version "": expected a version such as/],
  ["?api-version=1%20or%201", /api-version "1 or 1"/],
  ["?language=de", /query parameter "language": expected api-version/],
])("%s is rejected", async (query, says) => {
  using app = openApp();
  const url = `/openai/deployments/base/audio/transcriptions${query}`;
  const response = await app.send(url, { method: "POST", body: formOf({ file: audio() }) });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(says) } });
});

test("the header api-key works on all routes, because Azure also has OpenAI's paths", async () => {
  using app = openApp({ apiKeys: ["secret"] });
  expect((await app.post({}, { headers: { "api-key": "secret" } })).status).toBe(200);
  expect((await app.post({}, { headers: { "api-key": "other" } })).status).toBe(401);
});
