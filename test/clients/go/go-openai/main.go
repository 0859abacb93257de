// Calls the server with the client go-openai. Prints the results as one line of JSON.
package main

import (
	"context"
	"errors"
	"fmt"

	"open-asr-server/clients/report"

	"github.com/sashabaranov/go-openai"
)

func main() {
	report.Print("github.com/sashabaranov/go-openai", try)
}

func try(baseURL, apiKey, audio string) (*report.Report, error) {
	config := openai.DefaultConfig(apiKey)
	config.BaseURL = baseURL
	client := openai.NewClientWithConfig(config)
	result := &report.Report{}

	plain, err := client.CreateTranscription(context.Background(), openai.AudioRequest{
		Model:    "whisper-1",
		FilePath: audio,
	})
	if err != nil {
		return nil, err
	}
	result.Text = plain.Text

	verbose, err := client.CreateTranscription(context.Background(), openai.AudioRequest{
		Model:                  "whisper-1",
		FilePath:               audio,
		Format:                 openai.AudioResponseFormatVerboseJSON,
		TimestampGranularities: []openai.TranscriptionTimestampGranularity{openai.TranscriptionTimestampGranularityWord},
	})
	if err != nil {
		return nil, err
	}
	for _, word := range verbose.Words {
		result.Words = append(result.Words, report.Word{Word: word.Word, Start: word.Start, End: word.End})
	}

	models, err := client.ListModels(context.Background())
	if err != nil {
		return nil, err
	}
	for _, model := range models.Models {
		result.Models = append(result.Models, model.ID)
	}

	_, err = client.CreateTranscription(context.Background(), openai.AudioRequest{
		Model:    "unknown-model",
		FilePath: audio,
	})
	var failure *openai.APIError
	if !errors.As(err, &failure) {
		return nil, fmt.Errorf("an unknown model gave no openai.APIError but %v", err)
	}
	result.Error = report.Error{Class: "openai.APIError", Status: failure.HTTPStatusCode, Code: fmt.Sprint(failure.Code)}
	return result, nil
}
