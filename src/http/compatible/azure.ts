/**
 * The deployment paths of Azure OpenAI: POST /openai/deployments/NAME/audio/transcriptions and translations. The name of
 * the deployment is the name of a model. Forms and responses are those of OpenAI's API.
 */
import type { AsrError } from "../../errors.ts";
import type { Task } from "../../transcript/transcript.ts";
import type { AudioContract, AudioReader } from "../audio-contract.ts";
import { invalid, shown } from "../body/field-value.ts";
import { openaiReader } from "../openai-contract.ts";
import { decodeId } from "../routes/model-id.ts";
import type { CompatibleApi, ErrorAnswer } from "./compatible-api.ts";

export const azure: CompatibleApi = {
  name: "azure",
  contracts: [contract("transcriptions", "transcribe"), contract("translations", "translate")],
  key: {
    advice: "`api-key: KEY`",
    challenge: "Bearer",
  },
  errorAnswer,
};

// --- internal ---

function contract(resource: string, task: Task): AudioContract {
  return {
    path: `/openai/deployments/:deployment/audio/${resource}`,
    read({ url }) {
      const { pathname, searchParams } = new URL(url);
      checkQuery(searchParams);
      return reader(task, decodeId(pathname.split("/")[3] ?? ""));
    },
  };
}

/** Allows only the version of Azure's API. It has no effect, because the versions have the same forms. */
function checkQuery(query: URLSearchParams): void {
  for (const [name, value] of query) {
    if (name !== versionName) {
      const message = `Cannot use the query parameter ${shown(name)}: expected ${versionName}; options are form fields`;
      throw invalid(name.slice(0, 100), message);
    }
    if (!/^[\w.-]{1,64}$/.test(value)) {
      const message = `Cannot use the ${versionName} ${shown(value)}: expected a version such as 2024-10-21`;
      throw invalid(versionName, message);
    }
  }
}

const versionName = "api-version";

/** Returns the reader of a form. Azure ignores the field `model`, because the deployment determines the model. */
function reader(task: Task, deployment: string): AudioReader {
  const form = openaiReader(task);
  form.addField("model", deployment);
  return {
    body: form.body,
    choice: { model: deployment, task },
    addField(name, value) {
      if (name !== "model") form.addField(name, value);
    },
    finish: (vad) => form.finish(vad),
  };
}

function errorAnswer(failure: AsrError): ErrorAnswer {
  const { message, kind, param } = failure;
  const code = codes[failure.code] ?? failure.code;
  return { status: kind.status, body: { error: { code, message, type: kind.type, param } } };
}

/** Azure's codes for errors that this server names differently. */
const codes: Readonly<Partial<Record<AsrError["code"], string>>> = {
  invalid_api_key: "401",
  model_not_found: "DeploymentNotFound",
};
