module open-asr-server/clients/report

go 1.21
