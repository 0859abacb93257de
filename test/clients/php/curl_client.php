<?php
// Calls the server with PHP's extension curl. Prints the results as one line of JSON.

[, $baseUrl, $apiKey, $audio] = $argv;

$plain = post(['model' => 'whisper-1'])['body'];
$verbose = post([
    'model' => 'whisper-1',
    'response_format' => 'verbose_json',
    'timestamp_granularities[]' => 'word',
])['body'];
$failure = post(['model' => 'unknown-model']);
echo json_encode([
    'version' => PHP_VERSION,
    'text' => $plain['text'],
    'words' => $verbose['words'],
    'models' => array_column(send('/models', [])['body']['data'], 'id'),
    'error' => [
        'class' => "status {$failure['status']}",
        'status' => $failure['status'],
        'code' => $failure['body']['error']['code'],
    ],
]), "\n";

function post(array $fields): array
{
    global $audio;
    $form = ['file' => new CURLFile($audio)] + $fields;
    return send('/audio/transcriptions', [CURLOPT_POSTFIELDS => $form]);
}

function send(string $path, array $options): array
{
    global $baseUrl, $apiKey;
    $handle = curl_init($baseUrl . $path);
    curl_setopt_array($handle, $options + [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ["Authorization: Bearer $apiKey"],
    ]);
    $body = json_decode(curl_exec($handle), true, 512, JSON_THROW_ON_ERROR);
    return ['body' => $body, 'status' => curl_getinfo($handle, CURLINFO_RESPONSE_CODE)];
}
