#!/bin/sh
# Signs an executable for macOS with a Developer ID, and has it notarised by Apple.
#
# Usage: sign-macos.sh EXECUTABLE
#
# Reads these variables. Without MACOS_CERTIFICATE, the executable keeps the signature of the build.
#   MACOS_CERTIFICATE           certificate "Developer ID Application" with its key: PKCS #12 in base64
#   MACOS_CERTIFICATE_PASSWORD  password of this file
#   APPLE_ID, APPLE_TEAM_ID     account and team at Apple
#   APPLE_APP_PASSWORD          app-specific password of the account

set -eu

executable=$1
if [ -z "${MACOS_CERTIFICATE:-}" ]; then
  echo 'There is no certificate: the executable is not signed'
  exit 0
fi
for name in MACOS_CERTIFICATE_PASSWORD APPLE_ID APPLE_TEAM_ID APPLE_APP_PASSWORD; do
  if eval "[ -z \"\${$name:-}\" ]"; then
    echo "sign-macos.sh: $name is not set" >&2
    exit 1
  fi
done

staging=$(mktemp -d)
keychain=$staging/signing.keychain-db
clean_up() {
  security delete-keychain "$keychain" 2>/dev/null || true
  rm -rf "$staging"
}
trap clean_up EXIT

# The key is in a keychain of its own, which exists only while this script runs.
password=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
printf '%s' "$MACOS_CERTIFICATE" | base64 --decode >"$staging/certificate.p12"
security create-keychain -p "$password" "$keychain"
security unlock-keychain -p "$password" "$keychain"
# codesign only uses keychains of the search list. `delete-keychain` also removes the keychain from this list.
security list-keychains -d user | tr -d ' "' | xargs security list-keychains -d user -s "$keychain"
security import "$staging/certificate.p12" -k "$keychain" -f pkcs12 \
  -P "$MACOS_CERTIFICATE_PASSWORD" -T /usr/bin/codesign
security set-key-partition-list -S apple-tool:,apple: -k "$password" "$keychain" >/dev/null

# The JavaScript engine compiles at run time. The libraries that the program unpacks have no signature of this team.
cat >"$staging/entitlements.plist" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>com.apple.security.cs.allow-jit</key>
  <true/>
  <key>com.apple.security.cs.allow-unsigned-executable-memory</key>
  <true/>
  <key>com.apple.security.cs.disable-executable-page-protection</key>
  <true/>
  <key>com.apple.security.cs.disable-library-validation</key>
  <true/>
</dict>
</plist>
END
codesign --force --sign 'Developer ID Application' --keychain "$keychain" --timestamp \
  --options runtime --entitlements "$staging/entitlements.plist" "$executable"
codesign --verify --strict "$executable"

# Apple checks a copy in a zip file. A ticket cannot be attached to an executable, so macOS asks Apple for it.
ditto -c -k --keepParent "$executable" "$staging/notarise.zip"
xcrun notarytool submit "$staging/notarise.zip" --wait --output-format json \
  --apple-id "$APPLE_ID" --team-id "$APPLE_TEAM_ID" --password "$APPLE_APP_PASSWORD" >"$staging/answer.json"
if ! grep -q '"status" *: *"Accepted"' "$staging/answer.json"; then
  cat "$staging/answer.json" >&2
  echo 'sign-macos.sh: Apple did not accept the executable' >&2
  exit 1
fi
echo "$executable is signed and notarised"
