module open-asr-server/clients/go-openai

go 1.21

require (
	github.com/sashabaranov/go-openai v1.43.0
	open-asr-server/clients/report v0.0.0
)

replace open-asr-server/clients/report => ../report
