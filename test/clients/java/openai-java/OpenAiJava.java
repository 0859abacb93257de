// Calls the server with OpenAI's client for Java, which uses OkHttp. Prints the results as one line of JSON.

import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.audio.AudioResponseFormat;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams.TimestampGranularity;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class OpenAiJava {
  public static void main(String[] args) throws Exception {
    OpenAIClient client =
        OpenAIOkHttpClient.builder().baseUrl(args[0]).apiKey(args[1]).maxRetries(0).build();
    Path audio = Path.of(args[2]);
    var transcriptions = client.audio().transcriptions();
    var plain = transcriptions.create(transcriptionOf(audio, "whisper-1").build());
    var verbose =
        transcriptions.create(
            transcriptionOf(audio, "whisper-1")
                .responseFormat(AudioResponseFormat.VERBOSE_JSON)
                .addTimestampGranularity(TimestampGranularity.WORD)
                .build());

    Map<String, Object> report = new LinkedHashMap<>();
    report.put("version", com.openai.core.Properties.getPackageVersion());
    report.put("text", plain.asTranscription().text());
    report.put(
        "words",
        verbose.asVerbose().words().orElse(List.of()).stream()
            .map(word -> Map.of("word", word.word(), "start", word.start(), "end", word.end()))
            .toList());
    report.put("models", client.models().list().data().stream().map(model -> model.id()).toList());
    report.put("error", errorOfUnknownModel(client, audio));
    System.out.println(new ObjectMapper().writeValueAsString(report));
    // Ends the process here, because the threads of OkHttp would keep it alive for a minute.
    System.exit(0);
  }

  private static TranscriptionCreateParams.Builder transcriptionOf(Path audio, String model) {
    return TranscriptionCreateParams.builder().file(audio).model(model);
  }

  private static Map<String, Object> errorOfUnknownModel(OpenAIClient client, Path audio) {
    try {
      client.audio().transcriptions().create(transcriptionOf(audio, "unknown-model").build());
      throw new AssertionError("the server accepted an unknown model");
    } catch (OpenAIServiceException error) {
      return Map.of(
          "class", error.getClass().getSimpleName(),
          "status", error.statusCode(),
          "code", error.code().orElse(""));
    }
  }
}
