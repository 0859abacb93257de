//! Calls the server with the client async-openai. Prints the results as one line of JSON.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::audio::{
    AudioResponseFormat, CreateTranscriptionRequest, CreateTranscriptionRequestArgs,
    TimestampGranularity,
};
use serde_json::{Value, json};
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base_url, api_key, audio] = arguments.as_slice() else {
        return Err("expected: base URL, API key, audio file".into());
    };
    let config = OpenAIConfig::new().with_api_base(base_url).with_api_key(api_key);
    let client = Client::with_config(config);

    let plain = client.audio().transcription().create(request(audio, "whisper-1")?).await?;
    let with_words = CreateTranscriptionRequest {
        response_format: Some(AudioResponseFormat::VerboseJson),
        timestamp_granularities: Some(vec![TimestampGranularity::Word]),
        ..request(audio, "whisper-1")?
    };
    let verbose = client.audio().transcription().create_verbose_json(with_words).await?;
    let models = client.models().list().await?;
    let report = json!({
        "text": plain.text,
        "words": verbose.words,
        "models": models.data.iter().map(|model| &model.id).collect::<Vec<_>>(),
        "error": error_of_unknown_model(&client, audio).await?,
    });
    println!("{report}");
    Ok(())
}

fn request(audio: &str, model: &str) -> Result<CreateTranscriptionRequest, OpenAIError> {
    CreateTranscriptionRequestArgs::default().file(audio).model(model).build()
}

async fn error_of_unknown_model(
    client: &Client<OpenAIConfig>,
    audio: &str,
) -> Result<Value, Box<dyn Error>> {
    let answer = client.audio().transcription().create(request(audio, "unknown-model")?).await;
    match answer {
        Err(OpenAIError::ApiError(error)) => Ok(json!({
            "class": "OpenAIError::ApiError",
            "status": error.status_code.as_u16(),
            "code": error.api_error.code,
        })),
        other => Err(format!("an unknown model gave no ApiError but {other:?}").into()),
    }
}
