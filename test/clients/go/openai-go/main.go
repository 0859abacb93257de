// Calls the server with OpenAI's client for Go. Prints the results as one line of JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"open-asr-server/clients/report"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	report.Print("github.com/openai/openai-go/v3", try)
}

func try(baseURL, apiKey, audio string) (*report.Report, error) {
	client := openai.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(apiKey), option.WithMaxRetries(0))
	result := &report.Report{}

	plain, err := transcribe(client, audio, openai.AudioTranscriptionNewParams{Model: "whisper-1"})
	if err != nil {
		return nil, err
	}
	result.Text = plain.Text

	verbose, err := transcribe(client, audio, openai.AudioTranscriptionNewParams{
		Model:                  "whisper-1",
		ResponseFormat:         openai.AudioResponseFormatVerboseJSON,
		TimestampGranularities: []string{"word"},
	})
	if err != nil {
		return nil, err
	}
	for _, found := range verbose.AsTranscriptionVerbose().Words {
		result.Words = append(result.Words, report.Word{found.Word, found.Start, found.End})
	}

	models, err := client.Models.List(context.Background())
	if err != nil {
		return nil, err
	}
	for _, model := range models.Data {
		result.Models = append(result.Models, model.ID)
	}

	_, err = transcribe(client, audio, openai.AudioTranscriptionNewParams{Model: "unknown-model"})
	var failure *openai.Error
	if !errors.As(err, &failure) {
		return nil, fmt.Errorf("an unknown model gave no openai.Error but %v", err)
	}
	result.Error = report.Error{"openai.Error", failure.StatusCode, failure.Code}
	return result, nil
}

func transcribe(
	client openai.Client, audio string, params openai.AudioTranscriptionNewParams,
) (*openai.AudioTranscriptionNewResponseUnion, error) {
	file, err := os.Open(audio)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	params.File = file
	return client.Audio.Transcriptions.New(context.Background(), params)
}
