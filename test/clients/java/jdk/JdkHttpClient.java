// Calls the server with the HTTP client of the JDK, without a library for OpenAI's API. Prints the results as one line of
// JSON.

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

public class JdkHttpClient {
  private static final String BOUNDARY = "boundary-of-the-form";

  public static void main(String[] args) throws Exception {
    byte[] form = form(Map.of("model", "whisper-1", "response_format", "text"), Path.of(args[2]));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(args[0] + "/audio/transcriptions"))
            .header("Authorization", "Bearer " + args[1])
            .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
            .POST(BodyPublishers.ofByteArray(form))
            .build();
    String text = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    String version = System.getProperty("java.version");
    System.out.printf("{\"version\":\"%s\",\"text\":\"%s\"}%n", version, text.strip());
  }

  private static byte[] form(Map<String, String> fields, Path audio) throws IOException {
    var body = new ByteArrayOutputStream();
    for (var field : fields.entrySet()) {
      body.writeBytes(part("name=\"" + field.getKey() + "\""));
      body.writeBytes(field.getValue().getBytes());
    }
    body.writeBytes(part("name=\"file\"; filename=\"" + audio.getFileName() + "\""));
    body.writeBytes(Files.readAllBytes(audio));
    body.writeBytes(("\r\n--" + BOUNDARY + "--\r\n").getBytes());
    return body.toByteArray();
  }

  private static byte[] part(String disposition) {
    String header = "Content-Disposition: form-data; " + disposition;
    return ("\r\n--" + BOUNDARY + "\r\n" + header + "\r\n\r\n").getBytes();
  }
}
