#include "daemon/review/words.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <ctime>
#include <iterator>
#include <span>

#include <fmt/format.h>

namespace review {
namespace {

struct Entry {
  std::string_view name;
  const char* ja;
  const char* en;
};

constexpr Entry fixed_words[] = {
    {"title", "がん地域連携パス 受信デスク", "Cancer pathway reports: the desk"},
    {"open-flags", "未確認の通知", "Open flags"},
    {"held", "保留中の書類", "Held documents"},
    {"recent", "最近登録された報告書", "Filed last"},
    {"no-flags", "未確認の通知はありません。", "No open flags."},
    {"no-held", "保留中の書類はありません。", "Nothing is held."},
    {"no-recent", "登録された報告書はまだありません。", "Nothing has been filed yet."},
    {"not-tied", "患者未確定", "not yet tied to a patient"},
    {"candidate", "候補", "may be"},
    {"patient", "患者", "Patient"},
    {"received", "受信", "received"},
    {"visit", "受診日", "visit"},
    {"source", "受信元", "source"},
    {"pages", "ページ数", "pages"},
    {"page", "ページ", "page"},
    {"no-picture", "画像を準備中です", "picture not ready yet"},
    {"no-pages", "表示できるページがありません。受信したファイルは保管してあります。",
     "No page can be shown. The file as received is kept."},
    {"live", "自動更新中", "updating by itself"},
    {"stale", "サーバーに接続できません。表示は古い可能性があります。",
     "The server cannot be reached: what you see may be old."},
    {"other-language", "English", "日本語"},
    {"back", "一覧へ戻る", "back to the desk"},
    {"fields", "読み取り結果", "What was read"},
    {"field", "項目", "Field"},
    {"value", "値", "Value"},
    {"state", "状態", "State"},
    {"picture", "元の画像", "As written"},
    {"accepted", "確定", "accepted"},
    {"doubtful", "要確認", "doubtful"},
    {"blank", "記入なし", "blank"},
    {"corrected", "訂正済", "corrected"},
    {"present", "あり", "present"},
    {"unread", "(読み取れません)", "(not readable)"},
    {"doubtful-count", "要確認の項目", "doubtful fields"},
    {"document", "書類", "Document"},
    {"report", "報告書", "Report"},
    {"more", "ほか", "and"},
    {"more-unit", "件(古い順は renkei コマンドで)", "more (see the renkei command)"},
    {"void-form", "無効にした様式", "Void form"},
    {"not-found", "その書類はありません。", "There is no such document."},
    {"evidence-note", "欄外の書き込み", "note outside the fields"},
};

constexpr Entry reasons[] = {
    {"no-tag", "QRタグが見つかりません", "No tag was found"},
    {"forged-tag", "タグの署名が正しくありません", "The tag's signature is wrong"},
    {"unknown-form", "登録のない様式です", "The form is not known here"},
    {"unknown-serial", "発行記録のない番号です", "No form with this serial was printed here"},
    {"void-serial", "無効にした様式です", "The form has been made void"},
    {"identity-mismatch", "記入された生年月日が登録と一致しません",
     "The written date of birth is not that of the record"},
    {"identity-unreadable", "生年月日など、ご本人を確認する記載が読み取れません",
     "The date of birth, or what else says whose it is, cannot be read"},
    {"pages-missing", "ページが足りません", "A page is missing"},
    {"pages-mixed", "別の様式または別の患者のページが混ざっています",
     "Pages of different forms or patients are mixed"},
    {"transmission-error", "受信不良で読み取れません", "Damaged in transmission"},
    {"damaged-file", "ファイルが壊れています", "The file is damaged"},
    {"unsupported-format", "対応していない形式のファイルです",
     "The file's format is not supported"},
    {"too-large", "ファイルが大きすぎます", "The file is too large"},
    {"reader-crashed", "読み取り処理が異常終了しました", "The reader broke down on it"},
    {"held-by-person", "担当者が保留にしました", "Held by a person"},
    {"reader-timeout", "読み取りに時間がかかりすぎました", "Reading took too long"},
};

constexpr Entry kinds[] = {
    {"recurrence", "再発", "Recurrence"},
    {"recurrence-suspected", "再発の疑い", "Suspected recurrence"},
    {"death", "死亡", "Death"},
    {"five-year-survival", "5年生存", "Five-year survival"},
    {"other-exit", "その他の逸脱(終了)", "Other exit"},
    {"marker-above-limit", "腫瘍マーカー 基準値超過", "Marker above its limit"},
    {"marker-rising", "腫瘍マーカー 連続上昇", "Marker rising twice in a row"},
    {"possible-deviation", "逸脱の可能性(要確認)", "Possible deviation: please look"},
    {"mention", "本文に逸脱をうかがわせる語", "Words of deviation in the text"},
    {"unread-note", "未読の書き込み", "Writing that no one has read"},
    {"duplicate-differs", "再送された内容が前回と異なる", "Sent again with other content"},
};

constexpr Entry severities[] = {
    {"urgent", "至急", "urgent"}, {"routine", "通常", "routine"}, {"notice", "連絡", "notice"}};

constexpr Entry states[] = {{"filed", "登録済", "filed"},
                            {"to-check", "登録済・要確認", "filed, to check"},
                            {"held", "保留", "held"}};

const Entry* find(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

std::string look_up(std::span<const Entry> entries, std::string_view name, Language language) {
  const auto* entry = find(entries, name);
  if (entry == nullptr) return std::string(name);
  return language == Language::ja ? entry->ja : entry->en;
}

}  // namespace

std::string word(std::string_view name, Language language) {
  assert(find(fixed_words, name) != nullptr);
  return look_up(fixed_words, name, language);
}

std::string reason(const std::string& reason, Language language) {
  return look_up(reasons, reason, language);
}

std::string flag_kind(forms::rules::FlagKind kind, Language language) {
  return look_up(kinds, forms::rules::to_text(kind), language);
}

std::string severity(forms::rules::Severity severity, Language language) {
  return look_up(severities, forms::rules::to_text(severity), language);
}

std::string report_state(records::ReportState state, Language language) {
  return look_up(states, records::to_text(state), language);
}

std::string moment(records::Time time, Language language) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  constexpr const char* days[] = {"日", "月", "火", "水", "木", "金", "土"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (language == Language::ja) {
    return fmt::format("{}月{}日({}) {}:{:02}", parts.tm_mon + 1, parts.tm_mday,
                       days[parts.tm_wday], parts.tm_hour, parts.tm_min);
  }
  return fmt::format("{} {} {}:{:02}", parts.tm_mday, months[parts.tm_mon], parts.tm_hour,
                     parts.tm_min);
}

}  // namespace review
