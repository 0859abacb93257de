/** Starts the web page. */
document.title = "open-asr-server";
