#include "target/jwt.h"

#include "base/buf.h"
#include "base/mem.h"
#include "target/base64.h"

#include <cjson/cJSON.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HS256_LEN = 32 };

struct jwt {
    EVP_MAC_CTX *hmac; /* owned; keeps the key, so that a check does not derive it again */
    struct buf scratch;
};

struct jwt *jwt_new(const char *secret)
{
    struct jwt *jwt = xcalloc(1, sizeof(*jwt));
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    jwt->hmac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    if (!jwt->hmac ||
        !EVP_MAC_init(jwt->hmac, (const unsigned char *)secret, strlen(secret), params))
        abort(); /* an OpenSSL without HMAC, or out of memory */
    return jwt;
}

void jwt_free(struct jwt *jwt)
{
    if (!jwt)
        return;
    EVP_MAC_CTX_free(jwt->hmac);
    buf_release(&jwt->scratch);
    free(jwt);
}

static bool is_signed(struct jwt *jwt, const char *text, size_t len, const char *signature)
{
    unsigned char expected[HS256_LEN];
    size_t expected_len = 0;
    buf_clear(&jwt->scratch);
    return base64_decode(&jwt->scratch, signature, strlen(signature)) &&
           EVP_MAC_init(jwt->hmac, NULL, 0, NULL) &&
           EVP_MAC_update(jwt->hmac, (const unsigned char *)text, len) &&
           EVP_MAC_final(jwt->hmac, expected, &expected_len, sizeof(expected)) &&
           jwt->scratch.len == expected_len &&
           CRYPTO_memcmp(jwt->scratch.data, expected, expected_len) == 0;
}

/* The JSON object that a part of the token encodes, or NULL. */
static cJSON *decode_part(struct jwt *jwt, const char *text, size_t len)
{
    buf_clear(&jwt->scratch);
    if (!base64_decode(&jwt->scratch, text, len) || jwt->scratch.len == 0)
        return NULL;
    cJSON *json = cJSON_ParseWithLength(jwt->scratch.data, jwt->scratch.len);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static bool is_text(const cJSON *item, const char *text)
{
    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

/* An audience is a string or a list of them. */
static bool has_audience(const cJSON *aud, const char *text)
{
    if (!cJSON_IsArray(aud))
        return is_text(aud, text);
    const cJSON *one;
    cJSON_ArrayForEach(one, aud)
    {
        if (is_text(one, text))
            return true;
    }
    return false;
}

/* FNV-1a: sessions are compared by their owner's number. */
static uint64_t number_of(const char *text)
{
    uint64_t hash = 0xCBF29CE484222325;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3;
    return hash ? hash : 1;
}

static const char *check_claims(const cJSON *claims, int64_t now, uint64_t *subject)
{
    const cJSON *exp = cJSON_GetObjectItemCaseSensitive(claims, "exp");
    const cJSON *nbf = cJSON_GetObjectItemCaseSensitive(claims, "nbf");
    const cJSON *sub = cJSON_GetObjectItemCaseSensitive(claims, "sub");
    if (!cJSON_IsNumber(exp))
        return "Token has no expiry: it must have the claim exp";
    if (exp->valuedouble <= (double)now)
        return "Token has expired";
    if (cJSON_IsNumber(nbf) && nbf->valuedouble > (double)now)
        return "Token is not valid yet";
    if (!has_audience(cJSON_GetObjectItemCaseSensitive(claims, "aud"), "mcpgateway-api"))
        return "Invalid audience: the claim aud must be mcpgateway-api";
    if (!is_text(cJSON_GetObjectItemCaseSensitive(claims, "iss"), "mcpgateway"))
        return "Invalid issuer: the claim iss must be mcpgateway";
    if (!cJSON_IsString(sub))
        sub = cJSON_GetObjectItemCaseSensitive(claims, "username");
    if (!cJSON_IsString(sub))
        return "Token has no subject: it must have the claim sub";
    *subject = number_of(sub->valuestring);
    return NULL;
}

static const char *check_header(struct jwt *jwt, const char *text, size_t len)
{
    cJSON *header = decode_part(jwt, text, len);
    bool known = is_text(cJSON_GetObjectItemCaseSensitive(header, "alg"), "HS256");
    const char *why = !header ? "Not a JSON Web Token"
                      : known ? NULL
                              : "Token is not signed with HS256";
    cJSON_Delete(header);
    return why;
}

const char *jwt_check(struct jwt *jwt, const char *token, int64_t now, uint64_t *subject)
{
    const char *claims_at = strchr(token, '.');
    const char *signature = claims_at ? strchr(claims_at + 1, '.') : NULL;
    if (!signature || strchr(signature + 1, '.'))
        return "Not a JSON Web Token";
    const char *why = check_header(jwt, token, (size_t)(claims_at - token));
    if (why)
        return why;
    if (!is_signed(jwt, token, (size_t)(signature - token), signature + 1))
        return "Token signature is wrong: it was made with another secret";
    cJSON *claims = decode_part(jwt, claims_at + 1, (size_t)(signature - claims_at - 1));
    why = claims ? check_claims(claims, now, subject) : "Not a JSON Web Token";
    cJSON_Delete(claims);
    return why;
}
